; The installer for Windows; windows.ps1 calls Inno Setup with Version and Packed. Not tried yet: no Windows was at hand.
; Installs for one person without asking for the rights of an administrator; what a person makes with the program lies
; elsewhere and stays when it is uninstalled.

[Setup]
AppId={{6C8B2E0E-6B0D-4B57-9C55-3F0A7C1D52A4}
AppName=Lepton Studio
AppVersion={#Version}
DefaultDirName={autopf}\Lepton Studio
DefaultGroupName=Lepton Studio
DisableProgramGroupPage=yes
PrivilegesRequired=lowest
PrivilegesRequiredOverridesAllowed=dialog
ArchitecturesAllowed=x64compatible
ArchitecturesInstallIn64BitMode=x64compatible
OutputBaseFilename=lepton-studio-{#Version}-windows
SetupIconFile=..\build\installer\icons\lepton-studio.ico
UninstallDisplayIcon={app}\Lepton Studio.exe
LicenseFile=..\LICENSE
Compression=lzma2
SolidCompression=yes
WizardStyle=modern

[Tasks]
Name: desktopicon; Description: "{cm:CreateDesktopIcon}"; Flags: unchecked

[InstallDelete]
; Files of an older version must not stay among those of this one.
Type: filesandordirs; Name: "{app}\_internal"

[Files]
Source: "{#Packed}\*"; DestDir: "{app}"; Flags: ignoreversion recursesubdirs createallsubdirs

[Icons]
Name: "{group}\Lepton Studio"; Filename: "{app}\Lepton Studio.exe"
Name: "{autodesktop}\Lepton Studio"; Filename: "{app}\Lepton Studio.exe"; Tasks: desktopicon

[Run]
Filename: "{app}\Lepton Studio.exe"; Description: "{cm:LaunchProgram,Lepton Studio}"; Flags: nowait postinstall skipifsilent

# Packs Lepton Studio for Windows: a folder, and an installer if Inno Setup 6 is there.
#
#     powershell -ExecutionPolicy Bypass -File installer\windows.ps1
#     powershell -ExecutionPolicy Bypass -File installer\windows.ps1 --cuda
#
# All words go to installer\pack.py. Not tried yet: no Windows was at hand.
$ErrorActionPreference = "Stop"
$root = Split-Path -Parent $PSScriptRoot
$python = if ($env:PYTHON) { $env:PYTHON } else { "python" }

$packed = & $python (Join-Path $root "installer\pack.py") @args | Select-Object -Last 1
if ($LASTEXITCODE -ne 0) { throw "Packing failed." }

$found = Select-String -Path (Join-Path $root "lepton_studio\__init__.py") -Pattern '^__version__ = "(.+)"'
$version = $found.Matches[0].Groups[1].Value
$size = (Get-ChildItem $packed -Recurse -File | Measure-Object -Property Length -Sum).Sum / 1MB
Write-Output ("Packed:    {0:N0} MB in {1}" -f $size, $packed)

$compiler = Join-Path ${env:ProgramFiles(x86)} "Inno Setup 6\ISCC.exe"
if (-not (Test-Path $compiler)) {
    Write-Output "Inno Setup 6 is not installed, so there is no installer; the folder can be copied and used as it is."
    exit 0
}
$dist = Join-Path $root "dist"
New-Item -ItemType Directory -Force $dist | Out-Null
& $compiler "/DVersion=$version" "/DPacked=$packed" "/O$dist" (Join-Path $root "installer\windows.iss")
if ($LASTEXITCODE -ne 0) { throw "Inno Setup failed." }
$setup = Join-Path $dist "lepton-studio-$version-windows.exe"
Write-Output ("Installer: {0:N0} MB in {1}" -f ((Get-Item $setup).Length / 1MB), $setup)

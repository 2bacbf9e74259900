"""Pages of the window, one a file. A page never imports another."""

# Completion for keyfob in PowerShell, answered by keyfob itself.
if (Get-Command keyfob -ErrorAction Ignore) { keyfob completions powershell | Out-String | Invoke-Expression }

# Completion for keyfob in PowerShell, answered by keyfob itself.
keyfob completions powershell | Out-String | Invoke-Expression

# Completion for keyfob in fish, answered by keyfob itself.
keyfob completions fish 2>/dev/null | source

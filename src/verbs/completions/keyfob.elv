# Answers behind `keyfob exec … --` as for a line that begins there.
var engine~ = $edit:completion:arg-completer[keyfob]
set edit:completion:arg-completer[keyfob] = {|@words|
    var exec = $false
    var command = $nil
    range 1 (- (count $words) 1) | each {|index|
        if (eq $words[$index] exec) {
            set exec = $true
        } elif (and $exec (eq $command $nil) (eq $words[$index] --)) {
            set command = (+ $index 1)
        }
    }
    if $command {
        edit:complete-sudo keyfob (all $words[$command..])
    } else {
        engine $@words
    }
}

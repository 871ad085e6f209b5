module kdev.dev/bench/load

go 1.26

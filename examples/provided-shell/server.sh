#!/bin/sh
# A web server in shell: perl, which every Debian has, accepts connections and runs this file again for each of them.

if [ "$1" = answer ]; then
    read -r method path version
    while read -r header && [ "$header" != "$(printf '\r')" ] && [ -n "$header" ]; do :; done
    echo "answering $method $path" >&2
    body="Hello from sh on $(uname -n)
path: $path
user: $(id -un)
processes: $(ls /proc | grep -c '^[0-9]')"
    printf 'HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s\n' \
        $((${#body} + 1)) "$body"
    exit
fi

exec perl -MIO::Socket::INET -e '
    my $server = IO::Socket::INET->new(LocalPort => $ENV{PORT} || 8080, Listen => 100, ReuseAddr => 1) or die "cannot listen: $@\n";
    $SIG{CHLD} = "IGNORE";
    while (1) {
        my $client = $server->accept or next;
        next if fork;
        open(STDIN, "<&", $client);
        open(STDOUT, ">&", $client);
        exec($ARGV[0], "answer");
    }' "$0"

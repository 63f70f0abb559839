"""The DNS stub of a sandbox without a network beyond itself."""

import unittest

from sandbox_case import SandboxCase, py

ASK = """
    import socket, struct
    def question(name, kind=1, number=0x1234, flags=0x0100):
        return struct.pack(">HHHHHH", number, flags, 1, 0, 0, 0) + b"".join(bytes((len(p),)) + p.encode() for p in name.split(".")) + bytes((0,)) + struct.pack(">HH", kind, 1)
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.settimeout(5)
    def ask(packet):
        s.sendto(packet, ("127.0.0.1", 53))
        return s.recv(4096)
    def summary(packet):
        number, flags, questions, answers = struct.unpack(">HHHH", packet[:8])
        return "%x rcode=%d answers=%d" % (number, flags & 15, answers)
"""


class Names(SandboxCase):
    options = ("--domain", "fly.example")

    def ask(self, script, **wanted):
        return self.printed(py(ASK + script), **wanted)

    def test_names_of_the_platform_are_this_machine(self):
        self.assertEqual(self.ask("""
    for name in ("a.fly.example", "fly.example", "A.B.Fly.EXAMPLE"):
        packet = ask(question(name))
        print(summary(packet), socket.inet_ntoa(packet[-4:]))
"""), "\n".join(["1234 rcode=0 answers=1 127.0.0.1"] * 3))

    def test_libc_finds_them(self):
        self.assertEqual(self.printed(py("import socket; print(socket.gethostbyname('x.fly.example'), socket.gethostbyname('localhost'))")), "127.0.0.1 127.0.0.1")

    def test_other_types_of_them_have_no_answer_but_exist(self):
        self.assertEqual(self.ask("    print(summary(ask(question('a.fly.example', 28))))"), "1234 rcode=0 answers=0")

    def test_names_that_only_look_alike_are_not_ours(self):
        self.assertEqual(self.ask("    for name in ('afly.example', 'fly.example.org', 'example'): print(summary(ask(question(name))))", egress="none").split("\n"),
                         ["1234 rcode=5 answers=0"] * 3)

    def test_other_names_are_refused_at_once_where_there_is_no_network(self):
        self.assertEqual(self.ask("""
    import time
    begun = time.monotonic()
    print([summary(ask(question("example.org", number=n))) for n in (1, 2, 3)])
    print(time.monotonic() - begun < 2)
"""), "['1 rcode=5 answers=0', '2 rcode=5 answers=0', '3 rcode=5 answers=0']\nTrue")

    def test_garbage_is_not_answered_and_does_no_harm(self):
        self.assertEqual(self.ask("""
    import random
    chance = random.Random(7)
    for size in list(range(0, 64)) + [512, 4096, 60000]:
        s.sendto(chance.randbytes(size), ("127.0.0.1", 53))
    whole = question("a.fly.example")
    for cut in range(len(whole)):
        s.sendto(whole[:cut], ("127.0.0.1", 53))
    s.sendto(b"\\x12\\x34\\1\\0\\0\\1\\0\\0\\0\\0\\0\\0" + b"\\x3fabc" * 80, ("127.0.0.1", 53))
    s.sendto(b"\\x12\\x34\\1\\0\\0\\1\\0\\0\\0\\0\\0\\0" + b"\\xc0\\x0c\\0\\1\\0\\1", ("127.0.0.1", 53))
    s.sendto(question(".".join(["a" * 60] * 4 + ["b" * 30])), ("127.0.0.1", 53))
    s.setblocking(False)
    import time
    time.sleep(0.2)
    try:
        while s.recv(65536): pass
    except BlockingIOError:
        pass
    s.settimeout(5)
    print(summary(ask(question("a.fly.example", number=7))))
"""), "7 rcode=0 answers=1")


if __name__ == "__main__":
    unittest.main()

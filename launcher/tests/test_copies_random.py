"""Copies of one zygote have nothing random in common: every source there is, of Python, of OpenSSL and of the packages that bring their own."""

import json
import subprocess

import leftovers
import pythons
from copies_case import CopiesCase
from mayfly_launcher import Launcher, descendants
from sandbox_case import AS

COPIES = 10
#: Each has been used before the copies are made, so that whatever it keeps is there to be repeated.
SOURCES = """
import email.generator, json, multiprocessing.synchronize, os, random, secrets, ssl, tempfile, uuid
import numpy, numpy.random
from cryptography.fernet import Fernet
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa, x25519
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

def raw(key):
    return key.private_bytes(serialization.Encoding.Raw, serialization.PrivateFormat.Raw, serialization.NoEncryption()).hex()

def sources():
    return {
        "os.urandom": os.urandom(16).hex(),
        "random.random": random.random(),
        "random.getrandbits": random.getrandbits(64),
        "random.Random": random.Random().random(),
        "random.SystemRandom": random.SystemRandom().random(),
        "secrets": secrets.token_hex(16),
        "ssl.RAND_bytes": ssl.RAND_bytes(16).hex(),
        "uuid1": str(uuid.uuid1()),
        "uuid1's node": uuid.uuid1().node,
        "uuid4": str(uuid.uuid4()),
        "tempfile": next(tempfile._get_candidate_names()),
        "email's boundary": email.generator._make_boundary(),
        "multiprocessing's authkey": multiprocessing.current_process().authkey.hex(),
        "multiprocessing's semaphores": multiprocessing.synchronize.SemLock._make_name(),
        "numpy.random.rand": numpy.random.rand(),
        "numpy.random.bytes": numpy.random.bytes(8).hex(),
        "numpy's default_rng": numpy.random.default_rng().random(),
        "numpy's SeedSequence": numpy.random.SeedSequence().entropy,
        "a key of cryptography's ed25519": raw(ed25519.Ed25519PrivateKey.generate()),
        "a key of cryptography's x25519": raw(x25519.X25519PrivateKey.generate()),
        "a key of cryptography's ec": ec.generate_private_key(ec.SECP256R1()).private_numbers().private_value,
        "a key of cryptography's rsa": rsa.generate_private_key(65537, 1024).private_numbers().p,
        "a signature of cryptography's ec": ec.generate_private_key(ec.SECP256R1()).sign(b"x", ec.ECDSA(hashes.SHA256())).hex(),
        "a key of Fernet": Fernet.generate_key().decode(),
        "a key of AESGCM": AESGCM.generate_key(256).hex(),
    }

from cryptography.hazmat.primitives import hashes
sources()
"""
TELL = "\nprint(json.dumps({**sources(), 'hash()': hash('a word')}))"
#: What says the same in every copy when nothing is renewed. The others are renewed by themselves: by their own hooks, or because the pid is another.
KNOWN_TO_REPEAT = {"uuid1's node", "multiprocessing's authkey", "numpy.random.rand", "numpy.random.bytes", "hash()"}


class CopiesAreRandomApart(CopiesCase):
    packages = True

    def repeated(self, zygote, script):
        """The sources that said something twice."""
        told = [json.loads(self.said(zygote, script)) for _ in range(COPIES)]
        return {name for name in told[0] if len({one[name] for one in told}) < COPIES}

    def test_in_every_source_but_the_seed_of_hash(self):
        for python in pythons.found():
            with self.subTest(python=python.version):
                zygote = self.zygote_of(python, SOURCES)
                self.assertEqual(self.repeated(zygote, "renew.everything_random()" + TELL), {"hash()"})
                zygote.close()

    def test_and_would_not_be_without_that_they_are_renewed(self):
        zygote = self.zygote_of(pythons.system(), SOURCES)
        self.assertEqual(self.repeated(zygote, TELL), KNOWN_TO_REPEAT)

    def test_because_no_zygote_has_the_pid_of_its_copies(self):
        """By it OpenSSL notices that it is a copy. Where pids have just begun to be given out, as in a container, a zygote might get it."""
        if AS != "root":
            return  # only root may say which pid is next
        others_first = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc", "/bin/sh", "-c", 'for n in 2 3 4 5; do /bin/true; done; "$@"; exit', "sh"]
        with Launcher(prefix=others_first) as launcher:
            inside = min(descendants(launcher.pid))
            subprocess.run(["nsenter", "--target", str(inside), "--pid", "--", "/bin/sh", "-c", "echo 2 >/proc/sys/kernel/ns_last_pid"], check=True)
            wanted = {"shape": "zygote", "argv": ["/bin/sleep", "60"], "cwd": "/tmp"}
            with launcher.request(**wanted) as refused:
                failed = refused.wait_failed()
            self.assertEqual(failed["step"], "pid", failed)
            launcher.spawn(**wanted).close()
        leftovers.none(launcher)

    def test_also_where_nothing_was_used_before(self):
        unused = SOURCES.rpartition("sources()")[0]
        zygote = self.zygote_of(pythons.system(), unused)
        self.assertEqual(self.repeated(zygote, "renew.everything_random()" + TELL), {"hash()"})

    def test_and_from_the_processes_they_start(self):
        zygote = self.zygote_of(pythons.system(), SOURCES)
        script = """
renew.everything_random()
for _ in range(2):
    if os.fork() == 0:
        print(ssl.RAND_bytes(8).hex(), random.random(), Fernet.generate_key(), uuid.uuid4(), flush=True)
        os._exit(0)
    os.wait()
"""
        words = [word for _ in range(3) for word in self.said(zygote, script).split()]
        self.assertEqual(len(words), len(set(words)))
        self.assertEqual(len(words), 24)

package dev.mayfly.provider.linux;

import dev.mayfly.model.Egress;
import dev.mayfly.provider.host.RuntimeDirectory;
import dev.mayfly.provider.instance.WorkerFiles;
import dev.mayfly.provider.python.Interpreters;
import dev.mayfly.provider.python.Reach;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;

/** A program that speaks docs/launcher-protocol.md and makes no sandbox: what it does instead is the test's. */
final class FakeLauncher {
    /**
     * What every one of them can do. {@code sandbox(s)} is called for each connection, with the fields of its {@code spawn}; {@code s.start()}
     * dials and greets as an init and a worker would, and {@code s.ready()} says that the function is loaded.
     */
    private static final String PRELUDE = """
            #!/usr/bin/python3 -S
            import json, os, signal, socket, struct, subprocess, sys, threading, time
            arguments = dict(zip(sys.argv[2::2], sys.argv[3::2]))
            folder = arguments["--dir"]
            count = len(open(folder + "/starts").read()) if os.path.exists(folder + "/starts") else 0
            with open(folder + "/starts", "a") as starts:
                starts.write("x")

            class Sandbox:
                def __init__(self, connection):
                    self.connection = connection
                    length, = struct.unpack(">I", self.exactly(4))
                    fields = self.exactly(length)[:-1].decode().split("\\0")
                    assert fields[0] == "spawn", fields
                    self.fields = fields[1:]
                    self.child = None
                def exactly(self, count):
                    data = b""
                    while len(data) < count:
                        more = self.connection.recv(count - len(data))
                        if not more: raise EOFError
                        data += more
                    return data
                def verb(self):
                    length, = struct.unpack(">I", self.exactly(4))
                    return self.exactly(length).split(b"\\0")[0].decode()
                def field(self, key):
                    return [f.split("=", 1)[1] for f in self.fields if f.startswith(key + "=")]
                def raw(self, data):
                    self.connection.sendall(data)
                def send(self, verb, **fields):
                    body = b"".join(t.encode() + b"\\0" for t in [verb] + ["%s=%s" % f for f in fields.items()])
                    self.raw(struct.pack(">I", len(body)) + body)
                def dial(self):
                    peer = socket.socket(socket.AF_UNIX)
                    peer.connect(self.field("run")[0] + "/control.sock")
                    return peer
                def start(self, **fields):
                    self.child = subprocess.Popen(["/bin/sleep", "3600"])
                    self.init = self.dial()
                    self.init.sendall(struct.pack(">IBBI", 6, 0x10, 1, 1))
                    self.worker = self.dial()
                    self.worker.sendall(struct.pack(">IBBI", 6, 0x10, 2, 2))
                    self.send("started", **{"pid": self.child.pid, "address": "", "counter": "", "steps": "clone:100,mounts:200", **fields})
                def ready(self):
                    self.say(0x11, b'{"mode": "handler"}')
                def say(self, kind, payload):
                    self.worker.sendall(struct.pack(">IB", len(payload) + 1, kind) + payload)
                def exit(self, status):
                    self.init.sendall(struct.pack(">IBIQ", 13, 0x16, status, 1000))
                def end(self, **fields):
                    self.child.kill(); self.child.wait()
                    self.init.close(); self.worker.close()
                    self.send("ended", **{"status": 137, "oom": 0, "cpu": -1, "peak": -1, **fields})
                    self.connection.close()
                def until_killed(self, **fields):
                    try:
                        while self.verb() != "kill": pass
                    except EOFError:
                        self.child.kill(); self.child.wait()
                        return
                    self.end(**fields)

            def die():
                os.kill(os.getpid(), signal.SIGKILL)

            def attend(connection):
                try:
                    sandbox(Sandbox(connection))
                except (EOFError, OSError):
                    pass

            listens = threading.Event()
            def serve():
                path = folder + "/launcher.sock"
                if os.path.exists(path): os.unlink(path)
                listener = socket.socket(socket.AF_UNIX)
                listener.bind(path)
                listener.listen(64)
                listens.set()
                while True:
                    connection, _ = listener.accept()
                    threading.Thread(target=attend, args=(connection,), daemon=True).start()

            def say_ready(**changes):
                threading.Thread(target=serve, daemon=True).start()
                listens.wait()
                print(json.dumps({"ready": True, "rootless": False, "egress": True, "checks": [
                    {"name": n, "proved": True, "detail": "tried", "cost": "", "fix": ""} for n in ("memory", "pids", "cpu")], **changes}), flush=True)

            def main():
                say_ready()
                sys.stdin.read()

            def sandbox(s):
                s.start(); s.ready(); s.until_killed()
            """;

    final RuntimeDirectory directory;
    private final Path folder;

    FakeLauncher(Path folder) throws IOException {
        this.folder = folder;
        var key = String.format("%08x", ThreadLocalRandom.current().nextInt());
        directory = new RuntimeDirectory(key, folder.resolve("run"), folder.resolve("scratch"));
    }

    /** Opens a provider over it. */
    LinuxProvider.Opening open(String behaviour) throws IOException, InterruptedException {
        var program = folder.resolve("launcher");
        Files.writeString(program, PRELUDE + behaviour + "\nmain()\n");
        Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwx------"));
        return open(program);
    }

    LinuxProvider.Opening open(Path program) throws InterruptedException {
        var pythons = new Interpreters(Map.of("PATH", "/usr/bin"), Reach.ofThisUser());
        return LinuxProvider.open(
                new LauncherCommand(program, PlatformPorts.NONE, "localhost"),
                directory,
                WorkerFiles.bundled(),
                runtime -> runtime.equals("python3") ? pythons.preferred() : Optional.empty(),
                new Egress.Internet(),
                Warmth.DEFAULT,
                System::nanoTime,
                System::currentTimeMillis);
    }
}

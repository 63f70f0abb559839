package dev.mayfly.e2e;

import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/** A client of a WebSocket whose function says back what it hears; in less than a library would take, since there are a thousand of them. */
final class EchoSocket implements AutoCloseable {
    /** A program that says back what it hears, as frames of the same kind, and answers whoever asks for nothing of that with its name. */
    static final String PROGRAM = """
            import asyncio, base64, hashlib, os
            async def converse(reader, writer):
                try:
                    head = await reader.readuntil(b"\\r\\n\\r\\n")
                    key = [line[19:].strip() for line in head.split(b"\\r\\n") if line.lower().startswith(b"sec-websocket-key:")]
                    if not key:
                        writer.write(b"HTTP/1.1 200 OK\\r\\nContent-Length: 4\\r\\nConnection: close\\r\\n\\r\\necho")
                        return
                    accept = base64.b64encode(hashlib.sha1(key[0] + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())
                    writer.write(b"HTTP/1.1 101 Switching Protocols\\r\\nUpgrade: websocket\\r\\nConnection: Upgrade\\r\\n"
                                 b"Sec-WebSocket-Accept: " + accept + b"\\r\\n\\r\\n")
                    while True:
                        kind, length = await reader.readexactly(2)
                        mask, data = await reader.readexactly(4), await reader.readexactly(length & 127)
                        writer.write(bytes((kind, len(data))) + bytes(b ^ mask[i % 4] for i, b in enumerate(data)))
                        await writer.drain()
                        if kind == 0x88:
                            return
                except (EOFError, ConnectionError):
                    pass
                finally:
                    writer.close()
            async def main():
                await (await asyncio.start_server(converse, "0.0.0.0", int(os.environ["PORT"]), backlog=1024)).serve_forever()
            asyncio.run(main())
            """;

    private final Socket socket;
    private final DataInputStream in;

    EchoSocket(int port) throws IOException {
        this(new Socket(InetAddress.getLoopbackAddress(), port), "127.0.0.1:" + port);
    }

    /** @param socket connected; TLS or not */
    EchoSocket(Socket socket, String host) throws IOException {
        this.socket = socket;
        socket.setSoTimeout(60_000);
        in = new DataInputStream(socket.getInputStream());
        send(("GET / HTTP/1.1\r\nHost: " + host + "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                        + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n")
                .getBytes(StandardCharsets.US_ASCII));
        var head = new StringBuilder();
        while (head.indexOf("\r\n\r\n") < 0) {
            head.append((char) in.readUnsignedByte());
        }
        if (!head.toString().startsWith("HTTP/1.1 101 ")) {
            throw new IOException("no WebSocket: " + head);
        }
    }

    /** Says {@code text}, at most 125 bytes, and answers what it hears. */
    String say(String text) throws IOException {
        var data = text.getBytes(StandardCharsets.UTF_8);
        var frame = new byte[6 + data.length];
        frame[0] = (byte) 0x81;
        frame[1] = (byte) (0x80 | data.length); // and a mask of zeros
        System.arraycopy(data, 0, frame, 6, data.length);
        send(frame);
        in.readUnsignedByte();
        return new String(in.readNBytes(in.readUnsignedByte()), StandardCharsets.UTF_8);
    }

    private void send(byte[] bytes) throws IOException {
        socket.getOutputStream().write(bytes);
        socket.getOutputStream().flush();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}

package dev.mayfly.gateway;

import io.netty.util.NetUtil;
import io.vertx.core.net.SocketAddress;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * An address of the Internet Protocol. Version 4 is held as it is mapped into version 6 (RFC 4291, section 2.5.5.2), so that {@code 192.0.2.1} and
 * {@code ::ffff:192.0.2.1} are one address. A zone is left out: it means something to one machine alone.
 */
record IpAddress(long high, long low) {
    private static final long MAPPED = 0xFFFFL << 32;
    private static final int LONGEST = 45;

    /** The address that {@code text} spells, without brackets, port or zone; null when it spells none. Never asks a name service. */
    static @Nullable IpAddress parse(String text) {
        if (text.length() > LONGEST || !isSpelledAsAddress(text)) {
            return null;
        }
        var bytes = NetUtil.createByteArrayFromIpAddressString(withoutDots(text));
        return bytes == null ? null : of(bytes);
    }

    /** The last 32 bits of version 6 may be spelled as version 4 (RFC 4291, section 2.2); here they are as the others. */
    private static String withoutDots(String text) {
        int colon = text.lastIndexOf(':');
        if (colon < 0 || text.indexOf('.') < 0) {
            return text;
        }
        var four = text.substring(colon + 1);
        if (!NetUtil.isValidIpV4Address(four)) {
            return ""; // spells none
        }
        int bits = ByteBuffer.wrap(NetUtil.createByteArrayFromIpAddressString(four))
                .getInt();
        return text.substring(0, colon + 1) + Integer.toHexString(bits >>> 16) + ":"
                + Integer.toHexString(bits & 0xFFFF);
    }

    /** Of the other end of a connection; null where that has none. */
    static @Nullable IpAddress of(@Nullable SocketAddress address) {
        if (address == null || !address.isInetSocket()) {
            return null;
        }
        var text = address.hostAddress();
        if (text == null) {
            return null;
        }
        int zone = text.indexOf('%');
        return parse(zone < 0 ? text : text.substring(0, zone));
    }

    static IpAddress of(InetAddress address) {
        return of(address.getAddress());
    }

    private static IpAddress of(byte[] bytes) {
        var buffer = ByteBuffer.wrap(bytes);
        return bytes.length == 4
                ? new IpAddress(0, MAPPED | (buffer.getInt() & 0xFFFF_FFFFL))
                : new IpAddress(buffer.getLong(), buffer.getLong());
    }

    boolean isVersion4() {
        return high == 0 && low >>> 32 == 0xFFFF;
    }

    boolean isLoopback() {
        return isVersion4() ? (low >>> 24 & 0xFF) == 127 : high == 0 && low == 1;
    }

    /**
     * Who counts as one client: an address of version 4, or the 64 bits of version 6 that one network has to itself (RFC 4291, section 2.5.4), since
     * whoever has one address there has all of them. Mapped addresses of version 4 fall into no network of version 6.
     */
    long client() {
        return high == 0 ? low : high;
    }

    private static boolean isSpelledAsAddress(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (Character.digit(c, 16) < 0 ? c != ':' && c != '.' : c > 'f') {
                return false;
            }
        }
        return !text.isEmpty();
    }

    /** As RFC 5952 spells it. */
    @Override
    public String toString() {
        var bytes = isVersion4()
                ? ByteBuffer.allocate(4).putInt((int) low).array()
                : ByteBuffer.allocate(16).putLong(high).putLong(low).array();
        try {
            return NetUtil.toAddressString(InetAddress.getByAddress(bytes));
        } catch (UnknownHostException impossible) {
            throw new IllegalStateException(impossible);
        }
    }
}

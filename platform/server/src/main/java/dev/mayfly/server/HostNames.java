package dev.mayfly.server;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;

/** Whether names below the function domain resolve here; plain Debian resolves {@code x.localhost} in browsers and curl alone. */
final class HostNames {
    private HostNames() {}

    /** Blocking; a name service may take its time. */
    static boolean resolve(String domain) {
        try {
            var addresses = InetAddress.getAllByName("mayfly-probe." + domain);
            return !domain.equals("localhost") || Arrays.stream(addresses).allMatch(InetAddress::isLoopbackAddress);
        } catch (UnknownHostException e) {
            return false;
        }
    }
}

package dev.mayfly.build.tool;

import dev.mayfly.provider.ToolRuns;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What of this machine the tools of one build are given besides their own folders: folders to read, addresses to reach. */
public final class Lent {
    private final Map<Path, String> folders = new LinkedHashMap<>();
    private final Set<String> addresses = new LinkedHashSet<>();

    /** Gives a folder to read; its path inside. */
    public String folder(Path outside) {
        return folders.computeIfAbsent(outside, any -> "/opt/lent/" + (folders.size() + 1));
    }

    /** Gives an address to connect to. */
    public void address(InetAddress address, int port) {
        addresses.add(
                address instanceof Inet4Address
                        ? address.getHostAddress() + "/32:" + port
                        : "[" + address.getHostAddress().replaceFirst("%.*", "") + "/128]:" + port);
    }

    List<ToolRuns.Mount> mounts() {
        var mounts = new ArrayList<ToolRuns.Mount>();
        folders.forEach((outside, inside) -> mounts.add(new ToolRuns.Mount(outside, inside, false)));
        return mounts;
    }

    List<String> allow() {
        return List.copyOf(addresses);
    }
}

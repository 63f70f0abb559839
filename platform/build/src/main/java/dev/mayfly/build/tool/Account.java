package dev.mayfly.build.tool;

import java.util.List;

/**
 * The unprivileged user that tools run as when the server is root. It owns nothing but the scratch folders of builds.
 */
public record Account(int uid, int gid) {
    public Account {
        if (uid < 1 || gid < 1) {
            throw new IllegalArgumentException("account: " + uid + ":" + gid + " (expected: neither of them root's)");
        }
    }

    List<String> prefix() {
        return List.of(
                "/usr/bin/setpriv", "--reuid=" + uid, "--regid=" + gid, "--clear-groups", "--no-new-privs", "--");
    }
}

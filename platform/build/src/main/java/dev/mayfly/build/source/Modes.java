package dev.mayfly.build.source;

import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/** The permissions that files of a layer have; there are no others. */
public final class Modes {
    public static final Set<PosixFilePermission> FILE = PosixFilePermissions.fromString("rw-r--r--");
    public static final Set<PosixFilePermission> PROGRAM = PosixFilePermissions.fromString("rwxr-xr-x");

    private Modes() {}
}

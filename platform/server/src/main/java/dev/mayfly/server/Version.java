package dev.mayfly.server;

/** The version of this build. */
final class Version {
    private Version() {}

    static String text() {
        var written = Version.class.getPackage().getImplementationVersion();
        return written == null ? "development" : written;
    }
}

package dev.mayfly.provider.instance;

/** The other side does not keep to the worker protocol; the instance ends. */
public final class ProtocolViolation extends Exception {
    private static final long serialVersionUID = 1L;

    private final String how;

    public ProtocolViolation(String how) {
        super(how);
        this.how = how;
    }

    String how() {
        return how;
    }
}

package dev.mayfly.gateway;

import io.vertx.core.net.ServerSSLOptions;
import java.util.ArrayList;
import java.util.List;

/** Options of a listener that also agrees to handshakes which only look for a proof. Vert.x fills the list in by itself, with what its server speaks. */
final class ChallengeProtocols extends ServerSSLOptions {
    ChallengeProtocols() {}

    private ChallengeProtocols(ChallengeProtocols other) {
        super(other);
    }

    @Override
    public ServerSSLOptions copy() {
        return new ChallengeProtocols(this);
    }

    /** Last, so that a client which offers anything else gets that. */
    @Override
    public ServerSSLOptions setApplicationLayerProtocols(List<String> protocols) {
        var all = new ArrayList<>(protocols);
        all.remove(Challenges.PROTOCOL);
        all.add(Challenges.PROTOCOL);
        return super.setApplicationLayerProtocols(all);
    }
}

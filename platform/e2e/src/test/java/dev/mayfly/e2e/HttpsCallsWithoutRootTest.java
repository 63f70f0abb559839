package dev.mayfly.e2e;

import java.io.IOException;

/** Against a server of an ordinary user. */
class HttpsCallsWithoutRootTest extends HttpsCalls {
    @Override
    Home home(String serverOptions) throws IOException {
        return Home.ofOrdinaryUser(serverOptions);
    }
}

package dev.mayfly.e2e;

import java.io.IOException;

/** Against a server of root. */
class HttpsCallsTest extends HttpsCalls {
    @Override
    Home home(String serverOptions) throws IOException {
        return Home.withOptions(serverOptions);
    }
}

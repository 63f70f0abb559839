package dev.mayfly.e2e;

import java.io.IOException;

/** Against a server of root. */
class HostileFunctionTest extends HostileFunction {
    @Override
    Home home(String serverOptions) throws IOException {
        return Home.withOptions(serverOptions);
    }
}

package dev.mayfly.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mayfly.gateway.LoopbackPorts;
import dev.mayfly.provider.linux.PlatformPorts;
import dev.mayfly.store.Snapshot;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** What sandboxes know of where the server listens. */
class OwnPortsTest {
    @Test
    void inClearTextThereIsOnePort() {
        assertThat(ports(7070, 7070)).isEqualTo(new PlatformPorts("7070,7101-7999", List.of(), Optional.empty()));
        assertThat(ports(7070, 7070, "--listen", "0.0.0.0:7070"))
                .isEqualTo(new PlatformPorts("7070,7101-7999", List.of(7070), Optional.empty()));
        assertThat(ports(7070, 7070, "--listen", "[0:0::0]:7070"))
                .isEqualTo(new PlatformPorts("7070,7101-7999", List.of(7070), Optional.empty()));
    }

    @Test
    void withTlsThoseBesideItBelongToo() {
        assertThat(ports(443, 7070, "--tls-certs", "d", "--listen", "127.0.0.1:443"))
                .isEqualTo(new PlatformPorts("443,7070,7101-7999", List.of(), Optional.of(443)));
        assertThat(ports(443, 7070, "--tls-certs", "d", "--listen", "10.0.0.5:443", "--redirect-http", "0.0.0.0:80"))
                .isEqualTo(new PlatformPorts("80,443,7070,7101-7999", List.of(80), Optional.of(443)));
    }

    @Test
    void theManagementApiIsNowhereElseWhateverItListensOn() {
        assertThat(ports(443, 7070, "--tls-certs", "d", "--listen", "[::]:443", "--admin-listen", "0.0.0.0:7070"))
                .isEqualTo(new PlatformPorts("443,7070,7101-7999", List.of(443), Optional.of(443)));
    }

    /** With the ports that were free in the end. */
    private static PlatformPorts ports(int listen, int admin, String... arguments) {
        var options = ServerOptions.parse(List.of(arguments), Map.of("HOME", "/h"));
        return new OwnPorts(options, listen, admin)
                .with(new LoopbackPorts(LoopbackPorts.FIRST), new Snapshot(0, new TreeMap<>()));
    }
}

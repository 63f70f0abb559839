package dev.mayfly.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;

/** A home on a file system with 24 MB. Needs root for the mount. */
@EnabledIf("isRoot")
class FullDiskTest {
    static boolean isRoot() {
        return "root".equals(System.getProperty("user.name"));
    }

    @Test
    void a_full_disk_is_one_clear_error_and_what_was_deployed_goes_on() throws IOException {
        try (var home = new Home()) {
            Files.createDirectory(home.home());
            home.sh("mount -t tmpfs -o size=24m,mode=755 mayfly-test " + home.home())
                    .ok();
            try {
                home.startServer();
                var url = home.deploy(home.project("before", "api/f.py", Home.handler("self.say('fine')")));
                var large = home.project("large", "api/f.py", Home.handler("self.say('large')"));
                var bytes = new byte[40 << 20];
                new Random(3).nextBytes(bytes);
                Files.write(large.resolve("big.bin"), bytes);

                var refused = home.mayflyIn(large, "deploy").failed();

                assertThat(refused.err()).contains("the disk with").contains("is full");
                assertThat(Http.get(Http.join(url, "/api/f")).body()).isEqualTo("fine");
                assertThat(home.json("ls").toString()).doesNotContain("large");
                Files.delete(large.resolve("big.bin"));
                assertThat(Http.get(Http.join(home.deploy(large), "/api/f")).body())
                        .isEqualTo("large");
            } finally {
                home.mayflyRun("down");
                home.sh("umount -l " + home.home()).ok();
            }
        }
    }
}

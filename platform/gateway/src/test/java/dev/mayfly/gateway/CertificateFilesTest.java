package dev.mayfly.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.pkitesting.CertificateBuilder.Algorithm;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Certificates as they lie in folders, good and broken. */
class CertificateFilesTest {
    @TempDir
    Path folder;

    @ParameterizedTest
    @EnumSource(
            value = Algorithm.class,
            names = {"ecp256", "ecp384", "rsa2048", "rsa4096"})
    void everyKindOfKeyThatBrowsersTakeIsRead(Algorithm algorithm) throws Exception {
        var chain = folder.resolve("c.pem");
        var key = folder.resolve("k.pem");
        TestCertificates.write(TestCertificates.bundle(algorithm, "a.example", "*.b.example"), chain, key);

        var pair = new CertificateFiles.One(chain, key).read().pairs().getFirst();

        assertThat(pair.names()).containsExactly("*.b.example", "a.example");
        assertThat(pair.until()).isAfter(Instant.now().plus(39, ChronoUnit.DAYS));
    }

    @Test
    void aFolderHoldsThemAsTheUsualToolsLeaveThem() throws Exception {
        TestCertificates.write(
                TestCertificates.bundle("plain.example"), folder.resolve("a.crt"), folder.resolve("a.key"));
        TestCertificates.write(
                TestCertificates.bundle("mkcert.example"), folder.resolve("b.pem"), folder.resolve("b-key.pem"));
        var certbot = Files.createDirectory(folder.resolve("certbot.example"));
        TestCertificates.write(
                TestCertificates.bundle("certbot.example"),
                certbot.resolve("fullchain.pem"),
                certbot.resolve("privkey.pem"));
        Files.writeString(folder.resolve("README"), "no certificate");
        Files.createDirectory(folder.resolve("empty"));

        assertThat(new CertificateFiles.Folder(folder).read().pairs())
                .extracting(Certificates.Pair::names)
                .extracting(names -> String.join(",", names))
                .containsExactly("plain.example", "mkcert.example", "certbot.example");
    }

    @Test
    void eachMistakeNamesTheFileAndWhatIsExpectedOfIt() throws Exception {
        var chain = folder.resolve("a.crt");
        var key = folder.resolve("a.key");
        var files = new CertificateFiles.One(chain, key);
        var all = new CertificateFiles.Folder(folder);
        var bundle = TestCertificates.bundle("a.example");
        var expected = " (expected: the private key of " + chain + ", without a password, in PEM)";
        wrong(all, folder + " (expected: NAME.crt and NAME.key in it, or NAME/fullchain.pem and NAME/privkey.pem)");
        wrong(
                new CertificateFiles.Folder(folder.resolve("none")),
                folder.resolve("none") + " (expected: a folder that can be read)");
        wrong(files, chain + " (expected: a file that can be read)");
        Files.writeString(chain, bundle.getCertificatePathPEM());
        wrong(files, key + " (expected: a file that can be read)");
        wrong(all, chain + " (expected: its key beside it, as a.key or a-key.pem)");
        for (var garbage : new String[] {
            "",
            "garbage",
            "-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n",
            "-----BEGIN PRIVATE KEY-----\n%%%%\n-----END PRIVATE KEY-----\n",
            "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIIB\n-----END ENCRYPTED PRIVATE KEY-----\n",
            bundle.getCertificatePEM()
        }) {
            Files.writeString(key, garbage);
            wrong(files, key + expected);
        }
        Files.writeString(key, TestCertificates.bundle("a.example").getPrivateKeyPEM());
        wrong(files, key + expected);
        Files.writeString(
                key, TestCertificates.bundle(Algorithm.rsa2048, "a.example").getPrivateKeyPEM());
        wrong(files, key + expected);
        for (var garbage : new String[] {"", "garbage", bundle.getPrivateKeyPEM()}) {
            Files.writeString(chain, garbage);
            wrong(files, chain + " (expected: a certificate and those it rests on, in PEM)");
        }
        Files.writeString(
                chain, TestCertificates.bundle(Algorithm.ed25519, "a.example").getCertificatePathPEM());
        wrong(files, chain + " (expected: a key of RSA or of an elliptic curve)");
        Files.write(chain, new byte[1 << 20 | 1]);
        wrong(files, chain + " (expected: at most 1048576 bytes)");
    }

    private static void wrong(CertificateFiles files, String message) {
        assertThatThrownBy(files::read)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(message);
    }
}

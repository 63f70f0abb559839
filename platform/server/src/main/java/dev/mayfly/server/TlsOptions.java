package dev.mayfly.server;

import dev.mayfly.gateway.CertificateFiles;
import dev.mayfly.gateway.EdgeSecurity;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * How the server is to be reached by TLS; where neither certificates nor an authority are given, it is not, and listens in clear text.
 *
 * @param certificates of files
 * @param acme the authority that further ones come from
 * @param admin where the management API listens in clear text beside that
 * @param redirect where clear text is sent to TLS
 */
record TlsOptions(
        Optional<CertificateFiles> certificates,
        Optional<AcmeOptions> acme,
        ListenAddress admin,
        Optional<ListenAddress> redirect,
        EdgeSecurity security) {
    private static final int LONGEST_HSTS = 10 * 365 * 86_400;
    private static final List<String> ONLY_WITH_TLS = List.of("--admin-listen", "--redirect-http", "--hsts");

    static TlsOptions parse(RawOptions raw) {
        var certificates = certificates(raw);
        var acme = AcmeOptions.parse(raw);
        var admin = raw.value("--admin-listen");
        var redirect = raw.value("--redirect-http");
        var hsts = raw.value("--hsts");
        if (certificates.isEmpty() && acme.isEmpty()) {
            var given = List.of(admin, redirect, hsts);
            for (int i = 0; i < given.size(); i++) {
                if (given.get(i).isPresent()) {
                    throw new IllegalArgumentException(ONLY_WITH_TLS.get(i)
                            + " (expected: with --tls-cert and --tls-key, or --tls-certs, or --acme)");
                }
            }
        }
        var management = admin.map(text -> ListenAddress.parse("--admin-listen", text))
                .orElse(new ListenAddress("127.0.0.1", ServerOptions.DEFAULT_PORT));
        if (management.own().isEmpty()) {
            throw new IllegalArgumentException("--admin-listen: " + management
                    + " (expected: an address at which this machine reaches itself, such as 127.0.0.1 or 0.0.0.0)");
        }
        return new TlsOptions(
                certificates,
                acme,
                management,
                redirect.map(text -> ListenAddress.parse("--redirect-http", text)),
                new EdgeSecurity(
                        raw.flag("--plain-management"),
                        hsts.map(text -> ServerOptions.number("--hsts", text, "seconds", LONGEST_HSTS))
                                .orElse(0),
                        acme.isPresent()));
    }

    /** Whether clients come by TLS. */
    boolean secure() {
        return certificates.isPresent() || acme.isPresent();
    }

    /** @throws IllegalArgumentException when two of the listeners would have one port */
    TlsOptions beside(ListenAddress listen) {
        if (secure()) {
            apart("--admin-listen", admin, listen, "--listen");
            redirect.ifPresent(plain -> {
                apart("--redirect-http", plain, listen, "--listen");
                apart("--redirect-http", plain, admin, "--admin-listen");
            });
        }
        return this;
    }

    private static void apart(String option, ListenAddress one, ListenAddress other, String otherOption) {
        if (one.port() == other.port()) {
            throw new IllegalArgumentException(
                    option + ": " + one + " (expected: another port than that of " + otherOption + ")");
        }
    }

    private static Optional<CertificateFiles> certificates(RawOptions raw) {
        var chain = raw.value("--tls-cert").map(TlsOptions::path);
        var key = raw.value("--tls-key").map(TlsOptions::path);
        var folder = raw.value("--tls-certs").map(TlsOptions::path);
        if (chain.isPresent() != key.isPresent()) {
            throw new IllegalArgumentException("--tls-cert and --tls-key (expected: both or none)");
        }
        if (chain.isPresent() && folder.isPresent()) {
            throw new IllegalArgumentException("--tls-cert and --tls-certs (expected: one of them)");
        }
        return folder.<CertificateFiles>map(CertificateFiles.Folder::new)
                .or(() -> chain.map(file -> new CertificateFiles.One(file, key.orElseThrow())));
    }

    private static Path path(String text) {
        return Path.of(text).toAbsolutePath().normalize();
    }
}

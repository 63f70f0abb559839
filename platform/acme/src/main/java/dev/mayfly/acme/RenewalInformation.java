package dev.mayfly.acme;

import dev.mayfly.acme.Authority.Window;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.Optional;
import org.shredzone.acme4j.Login;
import org.shredzone.acme4j.connector.Resource;
import org.shredzone.acme4j.exception.AcmeException;
import org.shredzone.acme4j.exception.AcmeProtocolException;
import org.shredzone.acme4j.toolbox.AcmeUtils;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What an authority says, and wants to be told, about renewals (RFC 9773). Some know nothing of that. */
final class RenewalInformation {
    private static final Logger LOG = LoggerFactory.getLogger(RenewalInformation.class);

    private RenewalInformation() {}

    /** When it wants {@code chain} to be renewed; whatever it says that is no window says nothing. */
    static Optional<Window> window(Login login, String chain) {
        try {
            if (offered(login)) {
                var info = login.bindRenewalInfo(first(chain));
                var window = new Window(info.getSuggestedWindowStart(), info.getSuggestedWindowEnd());
                return window.end().isAfter(window.start()) ? Optional.of(window) : Optional.empty();
            }
        } catch (AcmeException | CertificateException | RuntimeException e) {
            LOG.debug("the authority does not say when to renew", e);
        }
        return Optional.empty();
    }

    /** How it knows {@code chain} (section 4.1); some certificates have nothing to be known by. */
    static Optional<String> id(Login login, String chain) throws AcmeException {
        try {
            return offered(login) ? Optional.of(AcmeUtils.getRenewalUniqueIdentifier(first(chain))) : Optional.empty();
        } catch (CertificateException | AcmeProtocolException e) {
            return Optional.empty();
        }
    }

    private static boolean offered(Login login) throws AcmeException {
        return login.getSession().resourceUrlOptional(Resource.RENEWAL_INFO).isPresent();
    }

    private static X509Certificate first(String chain) throws CertificateException {
        return (X509Certificate) CertificateFactory.getInstance("X.509")
                .generateCertificate(new ByteArrayInputStream(chain.getBytes(StandardCharsets.US_ASCII)));
    }
}

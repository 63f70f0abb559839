package dev.mayfly.store.secret;

import dev.mayfly.model.Digest;
import dev.mayfly.model.ErrorCode;
import dev.mayfly.model.Problem;
import dev.mayfly.model.ProblemException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.SecretKey;
import javax.crypto.spec.GCMParameterSpec;

/**
 * Seals texts with AES-256-GCM (NIST SP 800-38D): one version byte, a random nonce of 96 bits, the ciphertext with a tag of 128 bits. A
 * sealed text opens only under the owner and name it was sealed for, so that no row can be moved to another's place.
 */
public final class Sealer {
    private static final byte VERSION = 1;
    private static final int NONCE = 12;
    private static final int TAG_BITS = 128;

    private final SecretKey key;
    private final SecureRandom random;

    public Sealer(SecretKey key, SecureRandom random) {
        this.key = key;
        this.random = random;
    }

    /** Tells keys apart and gives nothing away about them. */
    public String fingerprint() {
        var digest = Digest.sha256();
        digest.update("mayfly secret.key".getBytes(StandardCharsets.UTF_8));
        digest.update(key.getEncoded());
        return Digest.of(digest).hex();
    }

    public byte[] seal(String owner, String name, String text) {
        var nonce = new byte[NONCE];
        random.nextBytes(nonce);
        try {
            var cipher = cipher(Cipher.ENCRYPT_MODE, nonce, 0, owner, name);
            var plain = text.getBytes(StandardCharsets.UTF_8);
            var sealed = new byte[1 + NONCE + cipher.getOutputSize(plain.length)];
            sealed[0] = VERSION;
            System.arraycopy(nonce, 0, sealed, 1, NONCE);
            cipher.doFinal(plain, 0, plain.length, sealed, 1 + NONCE);
            return sealed;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java runtime has AES/GCM", e);
        }
    }

    /** @throws ProblemException internal when it was sealed with another key, for another name, or has been changed */
    public String open(String owner, String name, byte[] sealed) {
        if (sealed.length < 1 + NONCE + TAG_BITS / 8 || sealed[0] != VERSION) {
            throw broken(owner, name).asException();
        }
        try {
            var cipher = cipher(Cipher.DECRYPT_MODE, sealed, 1, owner, name);
            return new String(cipher.doFinal(sealed, 1 + NONCE, sealed.length - 1 - NONCE), StandardCharsets.UTF_8);
        } catch (AEADBadTagException e) {
            throw new ProblemException(broken(owner, name), e);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java runtime has AES/GCM", e);
        }
    }

    private Cipher cipher(int mode, byte[] nonce, int offset, String owner, String name)
            throws GeneralSecurityException {
        var cipher = Cipher.getInstance("AES/GCM/NoPadding");
        cipher.init(mode, key, new GCMParameterSpec(TAG_BITS, nonce, offset, NONCE));
        cipher.updateAAD((owner + '\0' + name).getBytes(StandardCharsets.UTF_8));
        return cipher;
    }

    private static Problem broken(String owner, String name) {
        return new Problem(
                ErrorCode.INTERNAL,
                "variable " + name + " of " + owner
                        + " cannot be decrypted: secret.key is not the key it was encrypted with,"
                        + " or the store was changed by hand",
                "restore secret.key from a backup, or set the variable again");
    }
}

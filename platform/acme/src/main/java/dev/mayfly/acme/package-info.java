/** Certificates from an authority that speaks ACME (RFC 8555). */
@NullMarked
package dev.mayfly.acme;

import org.jspecify.annotations.NullMarked;

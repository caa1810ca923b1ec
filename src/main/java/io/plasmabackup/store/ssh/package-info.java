/**
 * A {@link io.plasmabackup.store.Store} on a server, through SFTP: what the user's {@code ssh}
 * would connect to, with its configuration, known hosts and keys. The only place that may import
 * {@code org.apache.sshd}; none of that library's types leave the package. Knows nothing of
 * archives, retention or configuration files of ours.
 */
@NullMarked
package io.plasmabackup.store.ssh;

import org.jspecify.annotations.NullMarked;

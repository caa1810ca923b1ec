/**
 * The agent's configuration: a JSON file becomes a validated, immutable {@link
 * io.plasmabackup.config.Configuration}, or one line that names the file, the line, the key and
 * what is allowed there. Everything is judged by the text alone: whether a folder exists, a host
 * answers or a strategy can run here is asked elsewhere. Only this package knows Jackson's parser
 * of the configuration; nothing here starts, opens or connects anything but that one file.
 */
@NullMarked
package io.plasmabackup.config;

import org.jspecify.annotations.NullMarked;

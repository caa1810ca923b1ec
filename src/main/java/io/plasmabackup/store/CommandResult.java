package io.plasmabackup.store;

/**
 * What a program on the storage's side did.
 *
 * @param exitStatus its exit status, 0 to 255
 * @param output what it wrote to its standard output, at most 64 KiB of it
 * @param errors what it wrote to its standard error, at most 64 KiB of it
 */
public record CommandResult(int exitStatus, String output, String errors) {}

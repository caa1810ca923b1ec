package io.plasmabackup.testing;

import io.plasmabackup.linux.Fd;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;

/**
 * Fails a test, and at last its class, after which more {@link Fd}s are open than before. What
 * {@code @BeforeEach} methods open, {@code @AfterEach} methods must close. For use with
 * {@code @ExtendWith}; not for tests that run in parallel with others.
 */
public final class NoLeakedFds
    implements BeforeAllCallback, AfterAllCallback, BeforeEachCallback, AfterEachCallback {

  private static final Namespace NAMESPACE = Namespace.create(NoLeakedFds.class);

  @Override
  public void beforeAll(ExtensionContext context) {
    remember(context);
  }

  @Override
  public void afterAll(ExtensionContext context) {
    check(context);
  }

  @Override
  public void beforeEach(ExtensionContext context) {
    remember(context);
  }

  @Override
  public void afterEach(ExtensionContext context) {
    check(context);
  }

  private static void remember(ExtensionContext context) {
    context.getStore(NAMESPACE).put(context.getUniqueId(), Fd.openCount());
  }

  private static void check(ExtensionContext context) {
    int before = context.getStore(NAMESPACE).get(context.getUniqueId(), Integer.class);
    int leaked = Fd.openCount() - before;
    if (leaked != 0) {
      throw new AssertionError(
          "%s leaked %d descriptors (%d were open before)"
              .formatted(context.getDisplayName(), leaked, before));
    }
  }
}

package io.plasmabackup.age;

import com.exceptionfactory.jagged.RecipientStanza;
import java.util.List;

/** A stanza of an SSH key. Its body is compared with nothing. */
@SuppressWarnings("ArrayRecordComponent")
record Stanza(String type, List<String> arguments, byte[] body) implements RecipientStanza {

  @Override
  public String getType() {
    return type;
  }

  @Override
  public List<String> getArguments() {
    return arguments;
  }

  @Override
  public byte[] getBody() {
    return body;
  }
}

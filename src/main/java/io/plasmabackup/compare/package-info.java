/**
 * What differs between the members of an archive and a folder. Walks the folder beside the members,
 * follows no link in it and changes nothing; knows neither where members come from nor who is told.
 */
@NullMarked
package io.plasmabackup.compare;

import org.jspecify.annotations.NullMarked;

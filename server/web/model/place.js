// Places in words: the server counts bytes of UTF-8, the browser units of UTF-16.

/** A range of bytes as one of UTF-16; what lies beyond the words ends with them. */
export function utf16(words, { start, end }) {
  let bytes = 0
  let from = null
  let at = 0
  for (const letter of words) {
    if (from === null && bytes >= start) from = at
    if (bytes >= end) break
    const code = letter.codePointAt(0)
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4
    at += letter.length
  }
  return { from: from ?? at, to: at }
}

// What others wrote, made fit to be shown. A document, a name and presence are hostile: they become text, and of text nothing
// that reaches beyond its own place.

// Control characters but tab and newline, and whatever changes the direction of what stands around it.
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g

/** Characters of a name that are shown: more is no name. */
const NAME_MAX = 200

/** A name as it is shown: one line, no controls, never longer than a name is. */
export function name(text) {
  const one = String(text ?? '')
    .replace(/\s+/g, ' ')
    .replace(CONTROL, '')
    .trim()
  return one.length > NAME_MAX ? `${one.slice(0, NAME_MAX)}…` : one
}

/**
 * Words as they are shown: what cannot be seen, and would change how the rest is read, is named in its place. Nothing is left out: words
 * that differ must not look alike.
 */
export function words(text) {
  return String(text ?? '').replace(CONTROL, one => `⟨U+${one.codePointAt(0).toString(16).toUpperCase().padStart(4, '0')}⟩`)
}

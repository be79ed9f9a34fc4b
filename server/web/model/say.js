// The page's own words, from one file for each language. A text names what is put in as `{name}`; a text that depends on a number is an
// object of plural categories.

/** The languages that there are files for, and whether they are written from right to left. */
export const LANGUAGES = { en: 'ltr', uk: 'ltr', ar: 'rtl' }

/** The first of the wanted languages that there is, else English. */
export function chosen(wanted) {
  return wanted.map(tag => String(tag).toLowerCase().split('-')[0]).find(tag => tag in LANGUAGES) ?? 'en'
}

/** Speaks a language: `say(key, values)` is a text, `parts(key, values)` the same as a list, in which values stand as they are. */
export function speaker(language, texts) {
  const plural = new Intl.PluralRules(language)
  const found = (key, values) => {
    const text = texts[key]
    if (text === undefined) return key
    return typeof text === 'string' ? text : (text[plural.select(values.n)] ?? text.other)
  }
  const parts = (key, values = {}) =>
    found(key, values)
      .split(/(\{\w+\})/)
      .filter(Boolean)
      .map(part => (/^\{\w+\}$/.test(part) ? (values[part.slice(1, -1)] ?? '') : part))
  return { language, parts, say: (key, values) => parts(key, values).join('') }
}

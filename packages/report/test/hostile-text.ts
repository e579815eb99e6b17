import fc from 'fast-check'

const FRAGMENTS = [
  '|',
  '\n',
  '\r\n| a | b |',
  '\n\n# heading',
  '<b>',
  '</td></table>',
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  "' onload='x",
  '-->',
  ']]>',
  '&lt;',
  '&#x3c;',
  '```',
  '~~~',
  '    code',
  '- [x] ',
  '1. ',
  '> ',
  '::error::x',
  '##[command]',
  '](javascript:alert(1))',
  '![p](https://e.example/p.png)',
  'https://e.example/|<',
  'javascript:alert(1)',
  '\u202E',
  '\u0000',
  '\\',
  '\uD800',
  '</style>',
  '${x}',
]

/** Text that would do harm where it is not escaped. */
export const hostileText: fc.Arbitrary<string> = fc
  .array(fc.oneof(fc.constantFrom(...FRAGMENTS), fc.string({ unit: 'binary', maxLength: 8 })), { maxLength: 6 })
  .map((parts) => `x${parts.join('')}`)

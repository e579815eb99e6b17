/** No object is longer: etcd takes 1.5 MiB. */
const LONGEST = 8 * 2 ** 20

/** The lines of a text that comes in pieces; the last one also when no line end follows it. */
export async function* linesOf(pieces: AsyncIterable<string>): AsyncGenerator<string, void> {
  let rest = ''
  for await (const piece of pieces) {
    const lines = `${rest}${piece}`.split('\n')
    rest = lines.pop() ?? ''
    yield* lines
    if (rest.length > LONGEST) throw new Error(`a line is longer than ${LONGEST} characters`)
  }
  if (rest !== '') yield rest
}

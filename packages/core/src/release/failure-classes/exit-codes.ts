const SIGNALS: Readonly<Record<number, string>> = {
  4: 'SIGILL: an instruction that this machine does not have',
  6: 'SIGABRT: the program gave up by itself',
  7: 'SIGBUS: memory that is not there',
  9: 'SIGKILL: too much memory on the node, or still running when its grace time was over',
  11: 'SIGSEGV: it touched memory that is not its own',
  15: 'SIGTERM: it was told to end',
}

const CODES: Readonly<Record<number, string>> = {
  0: 'it ended as if its work was done: a service must go on',
  1: 'an error of the program',
  2: 'wrong use: arguments that the program does not take',
  126: 'its command is there but cannot be executed: rights, or another kind of machine',
  127: 'its command was not found in the image',
  128: 'the container could not be started',
  255: 'an error of the program, or an image for another kind of machine',
}

/** What an exit code says: `exit code 127 (its command was not found in the image)`. */
export const exitMeaning = (code: number): string => {
  const meaning = CODES[code] ?? (code > 128 ? SIGNALS[code - 128] : undefined)
  return meaning === undefined ? `exit code ${code}` : `exit code ${code} (${meaning})`
}

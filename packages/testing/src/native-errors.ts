import { types } from 'node:util'

const ofClass = Function.prototype[Symbol.hasInstance]

/**
 * Lets `instanceof Error` see the errors of Node's sockets in tests, as it does in a process of its own: jest runs tests in
 * a context with another Error (jestjs/jest issue 2549), so the SDK would wrap them and hide their codes.
 */
export const recogniseNativeErrors = (): void => {
  Object.defineProperty(Error, Symbol.hasInstance, {
    configurable: true,
    value(this: unknown, given: unknown): boolean {
      return this === Error ? types.isNativeError(given) || ofClass.call(Error, given) : ofClass.call(this, given)
    },
  })
}

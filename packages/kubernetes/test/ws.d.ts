// The types of client-node name those of ws, which it does not bring.
declare module 'ws' {
  export default class WebSocket {}
  export type ClientOptions = object
}

/** An IP address in its canonical text form, and a port. The same shape as the protocol's, which this room does not import. */
export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

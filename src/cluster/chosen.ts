/** A setting and where it came from, as a person would say it. */
export interface Chosen {
  readonly value: string;
  readonly from: string;
}

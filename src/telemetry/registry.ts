import { Counter, Gauge, Histogram, Registry } from "prom-client";
import { catalogue, type Definition } from "./catalogue/index.ts";

type Catalogue = typeof catalogue;
type Label<D extends Definition> = D["labels"][number];
type Built<D extends Definition> = D["type"] extends "counter"
  ? Counter<Label<D>>
  : D["type"] extends "gauge"
    ? Gauge<Label<D>>
    : Histogram<Label<D>>;

/** The catalogue's metrics, each ready to be recorded to. */
export type Metrics = { readonly [Key in keyof Catalogue]: Built<Catalogue[Key]> };

/** A registry of its own with all metrics in it; never prom-client's global one, which two services in one process would share. */
export function createMetrics(): { readonly registry: Registry; readonly metrics: Metrics } {
  const registry = new Registry();
  const built = Object.entries<Definition>(catalogue).map(([key, definition]) => [key, build(definition, registry)]);
  return { registry, metrics: Object.fromEntries(built) as Metrics };
}

function build({ name, type, meaning, labels, buckets }: Definition, registry: Registry): Counter | Gauge | Histogram {
  const common = { name, help: meaning, labelNames: labels, registers: [registry] };
  if (type === "counter") return new Counter(common);
  if (type === "gauge") return new Gauge(common);
  return new Histogram({ ...common, buckets: [...(buckets ?? [])] });
}

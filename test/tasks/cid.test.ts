import { expect } from "chai";
import { createHash } from "node:crypto";
import { InvalidArgument } from "../../tasks/arguments.ts";
import { cidDigest, rawCid } from "../../tasks/cid.ts";

describe("--cid", () => {
  const digest = `0x${createHash("sha256").update("hello world").digest("hex")}`;
  const cid = "bafkreifzjut3te2nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e"; // as IPFS names the raw block "hello world"

  it("is a CIDv1 over sha2-256, of any codec, or its digest", () => {
    expect(cidDigest(cid)).to.equal(digest);
    expect(cidDigest(digest)).to.equal(digest);
    expect(rawCid(digest)).to.equal(cid);
    // The empty UnixFS folder, dag-pb.
    expect(cidDigest("bafybeiczsscdsbs7ffqz55asqdf3smv6klcw3gofszvwlyarci47bgf354")).to.equal(
      "0x59948439065f29619ef41280cbb932be52c56d99c5966b65e0111239f098bbef",
    );
  });

  it("is nothing else", () => {
    for (const wrong of [
      ...["", "0x12", `0x${"G".repeat(64)}`, digest.toUpperCase(), cid.toUpperCase(), `${cid}a`, cid.slice(0, -1), `z${cid.slice(1)}`],
      "QmUNLLsPACCz1vLxQVkXqqLX5R1X345qqfHbsf67hvA3Nn", // version 0
      "bafkrgqhr3u2zzxk4rbzfqzyz2cvx5mbnnovyoqj7ahyfvqknk2q", // another hash's length
      `b${"a".repeat(58)}`,
      "b",
      "b7777777777777777777777777777777777777777777777777777777777",
    ]) {
      expect(() => cidDigest(wrong), wrong).to.throw(InvalidArgument);
    }
  });
});

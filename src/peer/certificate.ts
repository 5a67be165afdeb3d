// Certificates over node keys. A certificate here is only the form in which TLS wants a public key:
// self-signed, no names, no authority, dates that mean nothing (a clock may be wrong). Who the key
// belongs to is asked of the ledger. A newcomer may bring the records that admit it as an
// extension. Spec: docs/sync.md, "Certificates".

import { type KeyObject, X509Certificate, createPublicKey, sign } from 'node:crypto';
import { AsnConvert, OctetString } from '@peculiar/asn1-schema';
import {
  AlgorithmIdentifier,
  AttributeTypeAndValue,
  AttributeValue,
  Certificate,
  Extension,
  Extensions,
  Name,
  RelativeDistinguishedName,
  SubjectPublicKeyInfo,
  TBSCertificate,
  Validity,
  Version,
} from '@peculiar/asn1-x509';
import { assert } from '../../proto/assert.ts';
import { fromBase64url, textOf } from '../../proto/bytes.ts';
import { isSoundKey } from '../../proto/ed25519.ts';
import { type Key, isKey } from '../../proto/ids.ts';
import { BROUGHT_BYTES_MAX, CERTIFICATE_BYTES_MAX } from './limits.ts';

/** Whoever holds the key: it signs the handshake. */
export interface PeerIdentity {
  readonly publicKey: Key;
  readonly privateKey: KeyObject;
}

/** What a certificate says: a key, and the lines that its holder brings. */
export interface Caller {
  readonly key: Key;
  readonly brought: readonly string[];
}

const ED25519 = '1.3.101.112';
const COMMON_NAME = '2.5.4.3';
/** The brought lines, made from a random UUID as Microsoft's scheme for private OIDs does. */
const BROUGHT = '1.2.840.113556.1.8000.2554.45847.15148.57307.1424.12838.16151906.15140890';

/** A certificate in PEM, its signature made by the key that it carries. */
export function certificateOf(identity: PeerIdentity, brought: readonly string[] = []): string {
  const text = new TextEncoder().encode(brought.map((line) => `${line}\n`).join(''));
  assert(text.length <= BROUGHT_BYTES_MAX, 'brought lines fit in a certificate');
  const algorithm = new AlgorithmIdentifier({ algorithm: ED25519 });
  const name = nameOf('kith');
  const spki = createPublicKey(identity.privateKey).export({ format: 'der', type: 'spki' });
  const body = new TBSCertificate({
    version: Version.v3,
    serialNumber: Uint8Array.of(1).buffer,
    signature: algorithm,
    issuer: name,
    subject: name,
    validity: new Validity({
      notBefore: new Date('2000-01-01T00:00:00Z'),
      notAfter: new Date('9999-12-31T23:59:59Z'),
    }),
    subjectPublicKeyInfo: AsnConvert.parse(spki, SubjectPublicKeyInfo),
  });
  if (brought.length > 0) {
    const extnValue = new OctetString(text);
    body.extensions = new Extensions([
      new Extension({ extnID: BROUGHT, critical: false, extnValue }),
    ]);
  }
  const signed = new Uint8Array(AsnConvert.serialize(body));
  const certificate = new Certificate({
    tbsCertificate: body,
    signatureAlgorithm: algorithm,
    signatureValue: new Uint8Array(sign(null, signed, identity.privateKey)).buffer,
  });
  return new X509Certificate(Buffer.from(AsnConvert.serialize(certificate))).toString();
}

function nameOf(commonName: string): Name {
  const value = new AttributeValue({ utf8String: commonName });
  const attribute = new AttributeTypeAndValue({ type: COMMON_NAME, value });
  return new Name([new RelativeDistinguishedName([attribute])]);
}

/**
 * Who presented a certificate; null where it is none over a sound Ed25519 key. That the caller
 * holds the key is not shown here: TLS has checked its signature over the handshake before.
 */
export function callerOf(certificate: X509Certificate): Caller | null {
  if (certificate.raw.length > CERTIFICATE_BYTES_MAX) return null;
  const key = keyIn(certificate);
  if (key === null || !isKey(key) || !isSoundKey(fromBase64url(key) as Uint8Array)) return null;
  const brought = broughtIn(certificate.raw);
  return brought === null ? null : { key, brought };
}

/**
 * Null where it is no Ed25519 key: OpenSSL reads it only when asked, and throws where it cannot.
 */
function keyIn(certificate: X509Certificate): string | null {
  try {
    const { publicKey } = certificate;
    if (publicKey.asymmetricKeyType !== 'ed25519') return null;
    return publicKey.export({ format: 'jwk' }).x ?? null;
  } catch {
    return null;
  }
}

function broughtIn(der: Uint8Array): string[] | null {
  let certificate: Certificate;
  try {
    certificate = AsnConvert.parse(der, Certificate);
  } catch {
    return null;
  }
  const extensions = certificate.tbsCertificate.extensions ?? [];
  const found = extensions.find(({ extnID }) => extnID === BROUGHT);
  if (found === undefined) return [];
  const text = textOf(new Uint8Array(found.extnValue.buffer));
  if (text === null || text.length > BROUGHT_BYTES_MAX || !text.endsWith('\n')) return null;
  return text.slice(0, -1).split('\n');
}

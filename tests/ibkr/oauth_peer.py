"""The other side of IBKR's OAuth 1.0a, by Python's standard library and the openssl program: shares nothing with the gateway's own.

usage: oauth_peer.py keys FOLDER              makes a consumer's keys, and its secret encrypted to one of them
       oauth_peer.py answer FOLDER URL        verifies FOLDER/header as a POST to URL; writes FOLDER/answer and FOLDER/token (hexadecimal)
       oauth_peer.py check FOLDER METHOD URL  verifies FOLDER/header as one signed with FOLDER/token
Anything that does not fit ends it with words and exit code 1.
"""
import base64
import hashlib
import hmac
import json
import pathlib
import re
import secrets
import subprocess
import sys
from urllib.parse import quote, unquote

CONSUMER, TOKEN, LIFE_MS = 'TIDEGATEX', 'a1b2c3d4e5f6', 1_900_000_000_000


def openssl(*arguments, given=b''):
    return subprocess.run(['openssl', *map(str, arguments)], input=given, check=True, capture_output=True).stdout


def make_keys(folder):
    for name in ('signature', 'encryption'):
        openssl('genrsa', '-out', folder / f'private_{name}.pem', 2048)
        openssl('rsa', '-in', folder / f'private_{name}.pem', '-pubout', '-out', folder / f'public_{name}.pem')
    openssl('genpkey', '-genparam', '-algorithm', 'DH', '-pkeyopt', 'group:modp_2048', '-out', folder / 'dhparam.pem')
    encrypted = openssl('pkeyutl', '-encrypt', '-pubin', '-inkey', folder / 'public_encryption.pem', given=secrets.token_bytes(32))
    (folder / 'secret').write_text(base64.b64encode(encrypted).decode())


def parameters_of(header):
    scheme, rest = header.split(' ', 1)
    assert scheme == 'OAuth', header
    parts = re.findall(r'([a-z_]+)="([^"]*)"(?:, |$)', rest)
    assert ', '.join(f'{name}="{value}"' for name, value in parts) == rest, 'not name="value" after name="value"'
    assert parts[0] == ('realm', 'limited_poa')
    found = {name: unquote(value) for name, value in parts[1:]}
    assert len(found) == len(parts) - 1, 'a name twice'
    assert found['oauth_consumer_key'] == CONSUMER and found['oauth_token'] == TOKEN
    return found


def base_string(method, url, parameters):
    joined = '&'.join(f'{name}={quote(value, safe="")}' for name, value in sorted(parameters.items()) if name != 'oauth_signature')
    return '&'.join((method, quote(url.split('?')[0], safe=''), quote(joined, safe='')))


def java_bytes(number):
    return number.to_bytes(number.bit_length() // 8 + 1, 'big')  # BigInteger.toByteArray: room for a sign bit


def answer(folder, url):
    given = parameters_of((folder / 'header').read_text())
    assert given['oauth_signature_method'] == 'RSA-SHA256'
    encrypted = base64.b64decode((folder / 'secret').read_text())
    secret = openssl('pkeyutl', '-decrypt', '-inkey', folder / 'private_encryption.pem', given=encrypted)
    (folder / 'signature').write_bytes(base64.b64decode(given['oauth_signature'], validate=True))
    openssl('dgst', '-sha256', '-verify', folder / 'public_signature.pem', '-signature', folder / 'signature',
            given=(secret.hex() + base_string('POST', url, given)).encode())
    text = openssl('asn1parse', '-in', folder / 'dhparam.pem').decode()
    prime = int(re.findall(r'INTEGER\s+:([0-9A-F]+)', text)[0], 16)
    own = secrets.randbits(256)
    shared = pow(int(given['diffie_hellman_challenge'], 16), own, prime)
    token = hmac.new(java_bytes(shared), secret, hashlib.sha1).digest()
    (folder / 'token').write_text(token.hex())
    (folder / 'answer').write_text(json.dumps({
        'diffie_hellman_response': f'{pow(2, own, prime):x}',
        'live_session_token_signature': hmac.new(token, CONSUMER.encode(), hashlib.sha1).hexdigest(),
        'live_session_token_expiration': LIFE_MS}))


def check(folder, method, url):
    given = parameters_of((folder / 'header').read_text())
    assert given['oauth_signature_method'] == 'HMAC-SHA256'
    code = hmac.new(bytes.fromhex((folder / 'token').read_text()), base_string(method, url, given).encode(), hashlib.sha256).digest()
    assert base64.b64decode(given['oauth_signature'], validate=True) == code, 'the signature does not fit'


if __name__ == '__main__':
    action, where, *others = sys.argv[1:]
    {'keys': make_keys, 'answer': answer, 'check': check}[action](pathlib.Path(where), *others)

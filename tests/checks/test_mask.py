"""What is a secret in a mail server's configuration, and what only sounds like one."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.mask import LINE_LIMIT, has_secret_name, mask, secrets_named
from checks.text import redact

MASKED = [
    ("password = correct horse battery", "password = ********"),
    ("#password: x", "#password: ********"),
    ("  dnpass = x", "  dnpass = ********"),
    ("ldap_bind_pw = hi there", "ldap_bind_pw = ********"),
    ("bindpw hunter2", "bindpw ********"),
    ('secret "abc";', "secret ********"),
    ('enable_password = "$2$abc"', "enable_password = ********"),
    ('"password": "x",', '"password": ********'),
    ("password = /looks/like/a/path", "password = ********"),
    ("password =\n   hunter2\nother = 1", "password =\n   ********\nother = 1"),
    ("password = a\n  b\n\n  c = 1", "password = ********\n  ********\n\n  c = 1"),
    ("hide mysql_servers = db/u/pw", "hide mysql_servers = ********"),
    ("connect = host=db password=x dbname=m", "connect = host=db password=******** dbname=m"),
    ("SetEnv TOKEN=x", "SetEnv TOKEN=********"),
    ("uris = ldap://mail:x@ldap.test/", "uris = ldap://mail:********@ldap.test/"),
    ("relay.test me@isp.test:x", "relay.test me@isp.test:********"),
    ("[smtp.isp.test]:587 me:x", "[smtp.isp.test]:587 me:********"),
    ("bob:{SHA512-CRYPT}$6$abc$def:1000", "bob:{SHA512-CRYPT}********"),
    ("bob:$6$salt$hash:1000", "bob:$6$********:1000"),
    ("smtp_sasl_password_maps = inline:{x=me:x}", "smtp_sasl_password_maps = ********"),
    ("smtp_sasl_password_maps = static:me:Passw0rd", "smtp_sasl_password_maps = ********"),
    ("smtp_sasl_password_maps = static:apikey:SG.x-y_z", "smtp_sasl_password_maps = ********"),
]

COMMANDS = [
    "curl -u mail:{} https://x.test",
    "curl -s --user 'mail:{}' https://x.test",
    "curl -H 'Authorization: Bearer {}' https://x.test",
    "curl -H 'X-Auth-Key: {}' https://x.test",
    "mysqldump -p{} mail | gzip",
    "mysql -u root -p'{}' mail",
    "sshpass -p {} scp x y:",
    "mysqldump --password={} mail",
    "mysqldump --password {} mail",
    'mysqldump --password="{}" mail',
    "PGPASSWORD={} pg_dump mail",
    "MYSQL_PWD={} mysqldump mail",
    "MAILTO=x SMTP_PASS={} backup",
    "wget -q https://user:{}@x.test/a",
    "git pull https://ghp_{}{}{}{}@x.test/a",
    "ldapsearch -x -D cn=a -w {} uid=b",
    "redis-cli -h x -a {} ping",
    "openssl enc -pass pass:{} -in x",
    "swaks -a -au x -ap {} -t y",
    "lftp -u mail,{} ftp.x.test",
    "env BORG_PASSPHRASE={} AWS_SECRET_ACCESS_KEY={} borg create a",
    "plink -pw {} x",
    "doveadm auth test -x service=smtp bob {}",
    "doveadm auth login bob@x.test {}",
    "doveadm pw -s SHA512-CRYPT -p {}",
    "testsaslauthd -u bob -p {} -s smtp",
    "imtest -t '' -a bob -w {} x.test",
    "smtptest -a bob -w {} x.test",
    "ipmitool -I lanplus -H bmc1 -U admin -P {} power status",
    "upscmd -u admin -p {} rack1 load.off",
    "htpasswd -b -B /etc/x bob {}",
    "htpasswd -nb bob {}",
    "htpasswd -n -b -C 12 bob {}",
    "htpasswd -bBC 12 /etc/x bob {}",
    "mosquitto_pub -p 1883 -u bob -P {} -t x -m y",
    "mosquitto_passwd -b /etc/x bob {}",
    "ipmitool -H bmc1 -p 623 -U admin -P {} power status",
    "smbclient -U bob%{} //x/y -c ls",
    "smbclient //x/y --user='LAB/bob%{}' -c ls",
    "rpcclient -Ubob%{} x",
    "rabbitmqctl -n x change_password bob {}",
    "rabbitmqctl add_user bob {}",
    "http -a bob:{} GET x.test",
    "https --auth=bob:{} x.test",
    "http -A bearer -a {} x.test",
    "openssl passwd -6 -salt a {}",
    "usermod -p '{}' bob",
    "sh -c echo bob:{} | chpasswd",
]
SETTINGS = [
    "ldap_pw = {}",
    "sql_pwd = {}",
    "client_secret = {}",
    "  oauth2_client_secret = {}",
    "db_password = {}",
    "-o smtp_sasl_password = {}",
    "plugin / db_pw = {}",
    "machine x.test login mail password {}",
    "connect = host=db user=mail password={} dbname=m",
    "uri: mysql://mail:{}@db/mail",
]

KEPT = [
    "smtp_sasl_password_maps = hash:/etc/postfix/sasl_passwd",
    "smtp_sasl_password_maps=texthash:${config_directory}/relay_auth",
    "bypass = yes",
    "passdb {",
    "auth_mechanisms = plain login",
    "ssl_key = </etc/dovecot/private/key.pem",
    "smtpd_tls_key_file=/etc/ssl/private/ssl-cert-snakeoil.key",
    "virtual_mailbox_maps = hash:/etc/postfix/vmailbox",
    "example.test smtp:[relay.test]:587",
    "[192.0.2.1] REJECT no: never",
    "doveadm auth test bob",
    "smtpd_recipient_restrictions = check_policy_service unix:test -w",
    "# password file lives in /etc",
    "date -u +%F",
    "psql -U mail -c x",
    "ipmitool -p 623 power status",
    "mosquitto_sub -p 1883 -t x",
    "rabbitmqctl list_users",
    "http -v GET x.test",
    "info@lab.test root@lab.test",
    "password_query = SELECT userid AS user, password FROM users WHERE userid = '%u'",
]


@pytest.mark.parametrize(("text", "expected"), MASKED)
def test_a_secret_is_masked(text: str, expected: str) -> None:
    assert mask(text) == expected


@pytest.mark.parametrize("text", KEPT)
def test_what_only_sounds_like_a_secret_is_kept(text: str) -> None:
    assert mask(text) == text


WORDS = st.text("abcXYZ0189#%^*+_!?~.@", min_size=4, max_size=24).map("q7".__add__)


@pytest.mark.parametrize("line", [*COMMANDS, *SETTINGS])
@given(secret=WORDS)
def test_a_secret_that_is_put_in_never_comes_out(line: str, secret: str) -> None:
    filled = line.replace("{}", secret)
    begin = "" if line in SETTINGS else "/etc/cron.d/mail:0 3 * * * root "
    for text in (mask(begin + filled), mask(mask(begin + filled))):
        assert secret not in text
        assert "********" in text
    assert secret not in redact(begin + filled)


@pytest.mark.parametrize("line", [*COMMANDS, *SETTINGS])
def test_what_stands_around_a_secret_stays(line: str) -> None:
    text = mask(f"x {line}".replace("{}", "hunter2"))
    begin, end = line.split("{}", maxsplit=1)[0], line.rsplit("{}", maxsplit=1)[-1].strip("'\"")
    assert begin.rstrip("'\"").split(" ")[0] in text
    assert end.split(" ")[-1] in text


@given(st.text("pasword=:/@ -u'\"\n{}x", max_size=80))
def test_what_is_masked_stays_as_it_is_when_it_is_masked_again(text: str) -> None:
    assert mask(mask(text)) == mask(text)


@given(st.text())
def test_a_mask_neither_adds_nor_takes_lines(text: str) -> None:
    assert mask(text + "\npassword = x").count("\n") == text.count("\n") + 1


SLOW = [
    "a.",
    " ",
    "pass",
    "=",
    "= ",
    "{ ",
    "a@",
    " a@b:",
    "$1$",
    "a://b:",
    "_maps=",
    "{MD5",
    "-pass",
    "mysql -p ",
    "mysql ",
    "doveadm auth test -a ",
    "htpasswd -b ",
    "htpasswd -n -b ",
    "htpasswd -C 1 ",
    "mosquitto_pub -P ",
    "rabbitmqctl add_user ",
    "http -a ",
    "http ",
    "-U a%",
    "openssl passwd -a ",
    "echo a:",
    "echo a: | ",
    "ldapx ",
    "-u a",
    "auth-",
    "_pw ",
]


@pytest.mark.parametrize("part", SLOW)
@pytest.mark.parametrize("begin", ["", "x_maps ="])
def test_no_line_takes_long(begin: str, part: str) -> None:
    line = begin + (part * LINE_LIMIT)[: LINE_LIMIT - 20] + "! password"
    began = time.process_time()
    mask("\n".join([line] * 10))
    secrets_named("\n".join([line] * 10))
    assert time.process_time() - began < 2


def test_a_line_that_nobody_wrote_is_masked_whole() -> None:
    assert mask("pass" + "x" * LINE_LIMIT) == "********"


@pytest.mark.parametrize(
    "name", ["sasl_passwd", "sasl_passwd.db", "dkim.key", "it.secret", "users", "passwd.client"]
)
def test_files_of_secrets_are_known_by_their_names(name: str) -> None:
    assert has_secret_name(f"/etc/postfix/{name}")


@pytest.mark.parametrize("name", ["main.cf", "auth-passwdfile.conf.ext", "passwd.conf", "aliases"])
def test_configs_are_kept_by_their_names(name: str) -> None:
    assert not has_secret_name(f"/etc/sasl_passwd/{name}")


def test_files_that_a_config_calls_password_lists_are_secret() -> None:
    text = (
        "smtp_sasl_password_maps = hash:/etc/postfix/relay, lmdb:/etc/x\n"
        "passdb {\n  args = scheme=CRYPT /etc/dovecot/people\n}\n"
    )
    assert secrets_named(text) == ("/etc/postfix/relay", "/etc/x", "/etc/dovecot/people")

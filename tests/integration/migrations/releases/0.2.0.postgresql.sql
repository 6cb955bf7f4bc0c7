--
-- PostgreSQL database dump
--


-- Dumped from database version 18.4
-- Dumped by pg_dump version 18.4

SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET transaction_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

SET default_tablespace = '';

SET default_table_access_method = heap;

--
-- Name: accounts; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.accounts (
    account_id bigint NOT NULL,
    identifier character varying(32) NOT NULL,
    identifier_folded character varying(32) NOT NULL,
    display_name character varying(100) NOT NULL,
    role character varying(10) NOT NULL,
    password_hash character varying(200) NOT NULL,
    disabled boolean NOT NULL,
    created_at bigint NOT NULL,
    signatures_after bigint NOT NULL,
    deleted_at bigint,
    has_personal_folder boolean NOT NULL
);


--
-- Name: accounts_account_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

CREATE SEQUENCE public.accounts_account_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


--
-- Name: accounts_account_id_seq; Type: SEQUENCE OWNED BY; Schema: public; Owner: -
--

ALTER SEQUENCE public.accounts_account_id_seq OWNED BY public.accounts.account_id;


--
-- Name: alembic_version; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.alembic_version (
    version_num character varying(32) NOT NULL
);


--
-- Name: audit_chains; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.audit_chains (
    chain character varying(32) NOT NULL,
    seq integer NOT NULL,
    mac character varying(64) NOT NULL,
    checkpointed_seq integer NOT NULL
);


--
-- Name: audit_rows; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.audit_rows (
    chain character varying(32) NOT NULL,
    seq integer NOT NULL,
    previous character varying(64) NOT NULL,
    mac character varying(64) NOT NULL,
    at bigint NOT NULL,
    event character varying(64) NOT NULL,
    account_id bigint,
    actor_id bigint,
    classroom_id bigint,
    lease_id character varying(40),
    rule character varying(200),
    fingerprints text NOT NULL,
    request_id character varying(40) NOT NULL,
    details text NOT NULL
);


--
-- Name: bindings; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.bindings (
    binding_id bigint NOT NULL,
    classroom_id bigint,
    account_id bigint NOT NULL,
    file_type bigint NOT NULL,
    file_name character varying(256) NOT NULL,
    url character varying(500) NOT NULL,
    bound_at bigint NOT NULL
);


--
-- Name: bindings_binding_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

CREATE SEQUENCE public.bindings_binding_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


--
-- Name: bindings_binding_id_seq; Type: SEQUENCE OWNED BY; Schema: public; Owner: -
--

ALTER SEQUENCE public.bindings_binding_id_seq OWNED BY public.bindings.binding_id;


--
-- Name: classrooms; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.classrooms (
    classroom_id bigint NOT NULL,
    title character varying(128) NOT NULL,
    cover_url character varying(500),
    state character varying(10) NOT NULL,
    host_id bigint NOT NULL,
    open boolean NOT NULL,
    starts_at bigint,
    ends_at bigint,
    started_at bigint,
    ended_at bigint,
    created_at bigint NOT NULL,
    recent_at bigint NOT NULL
);


--
-- Name: classrooms_classroom_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

CREATE SEQUENCE public.classrooms_classroom_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


--
-- Name: classrooms_classroom_id_seq; Type: SEQUENCE OWNED BY; Schema: public; Owner: -
--

ALTER SEQUENCE public.classrooms_classroom_id_seq OWNED BY public.classrooms.classroom_id;


--
-- Name: held_identifiers; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.held_identifiers (
    identifier_digest character varying(64) NOT NULL,
    held_until bigint NOT NULL
);


--
-- Name: host_heartbeats; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.host_heartbeats (
    classroom_id bigint NOT NULL,
    last_seen_at bigint NOT NULL
);


--
-- Name: invitations; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.invitations (
    invitation_id character varying(40) NOT NULL,
    token_digest character varying(64) NOT NULL,
    role character varying(10) NOT NULL,
    uses integer NOT NULL,
    used integer NOT NULL,
    made_by bigint,
    created_at bigint NOT NULL,
    expires_at bigint NOT NULL
);


--
-- Name: known_addresses; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.known_addresses (
    address_digest character varying(64) NOT NULL,
    account_id bigint NOT NULL,
    last_seen_at bigint NOT NULL
);


--
-- Name: leases; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.leases (
    lease_id character varying(40) NOT NULL,
    kind character varying(20) NOT NULL,
    state character varying(10) NOT NULL,
    account_id bigint NOT NULL,
    session_id character varying(40) NOT NULL,
    classroom_id bigint,
    upload_id character varying(40),
    issued_at bigint NOT NULL,
    expires_at bigint,
    renewable_until bigint,
    ended_at bigint,
    end_reason character varying(40)
);


--
-- Name: memberships; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.memberships (
    classroom_id bigint NOT NULL,
    account_id bigint NOT NULL,
    role character varying(10) NOT NULL,
    on_stage boolean NOT NULL,
    kicked_at bigint,
    added_at bigint NOT NULL
);


--
-- Name: outbox; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.outbox (
    message_id bigint NOT NULL,
    kind character varying(20) NOT NULL,
    classroom_id bigint NOT NULL,
    account_id bigint,
    payload text NOT NULL,
    created_at bigint NOT NULL
);


--
-- Name: outbox_message_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

CREATE SEQUENCE public.outbox_message_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


--
-- Name: outbox_message_id_seq; Type: SEQUENCE OWNED BY; Schema: public; Owner: -
--

ALTER SEQUENCE public.outbox_message_id_seq OWNED BY public.outbox.message_id;


--
-- Name: presences; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.presences (
    presence_id bigint NOT NULL,
    classroom_id bigint NOT NULL,
    account_id bigint NOT NULL,
    session_id character varying(40) NOT NULL,
    role character varying(10) NOT NULL,
    entered_at bigint NOT NULL,
    last_seen_at bigint NOT NULL,
    left_at bigint,
    leave_reason character varying(20)
);


--
-- Name: presences_presence_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

CREATE SEQUENCE public.presences_presence_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


--
-- Name: presences_presence_id_seq; Type: SEQUENCE OWNED BY; Schema: public; Owner: -
--

ALTER SEQUENCE public.presences_presence_id_seq OWNED BY public.presences.presence_id;


--
-- Name: recordings; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.recordings (
    recording_id bigint NOT NULL,
    classroom_id bigint NOT NULL,
    account_id bigint NOT NULL,
    video_id character varying(100) NOT NULL,
    video_url character varying(500) NOT NULL,
    start_time bigint NOT NULL,
    end_time bigint NOT NULL,
    media_start_time bigint NOT NULL,
    file_size bigint NOT NULL,
    duration bigint NOT NULL,
    received_at bigint NOT NULL
);


--
-- Name: recordings_recording_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

CREATE SEQUENCE public.recordings_recording_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


--
-- Name: recordings_recording_id_seq; Type: SEQUENCE OWNED BY; Schema: public; Owner: -
--

ALTER SEQUENCE public.recordings_recording_id_seq OWNED BY public.recordings.recording_id;


--
-- Name: replays; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.replays (
    classroom_id bigint NOT NULL,
    requestable_at bigint,
    due_at bigint,
    requests integer NOT NULL,
    requested_at bigint,
    indexed_at bigint,
    index_result integer NOT NULL,
    index_url character varying(1000)
);


--
-- Name: sessions; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.sessions (
    session_id character varying(40) NOT NULL,
    account_id bigint NOT NULL,
    token_digest character varying(64) NOT NULL,
    created_at bigint NOT NULL,
    last_used_at bigint NOT NULL,
    expires_at bigint NOT NULL,
    ended_at bigint,
    channel character varying(10) NOT NULL
);


--
-- Name: uploads; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.uploads (
    upload_id character varying(40) NOT NULL,
    classroom_id bigint NOT NULL,
    account_id bigint NOT NULL,
    lease_id character varying(40) NOT NULL,
    file_name character varying(255) NOT NULL,
    size bigint NOT NULL,
    content_type character varying(100) NOT NULL,
    object_key character varying(300) NOT NULL,
    state character varying(10) NOT NULL,
    created_at bigint NOT NULL,
    completed_at bigint,
    clean_up_after bigint,
    cleaned_up_at bigint
);


--
-- Name: accounts account_id; Type: DEFAULT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.accounts ALTER COLUMN account_id SET DEFAULT nextval('public.accounts_account_id_seq'::regclass);


--
-- Name: bindings binding_id; Type: DEFAULT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.bindings ALTER COLUMN binding_id SET DEFAULT nextval('public.bindings_binding_id_seq'::regclass);


--
-- Name: classrooms classroom_id; Type: DEFAULT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.classrooms ALTER COLUMN classroom_id SET DEFAULT nextval('public.classrooms_classroom_id_seq'::regclass);


--
-- Name: outbox message_id; Type: DEFAULT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.outbox ALTER COLUMN message_id SET DEFAULT nextval('public.outbox_message_id_seq'::regclass);


--
-- Name: presences presence_id; Type: DEFAULT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.presences ALTER COLUMN presence_id SET DEFAULT nextval('public.presences_presence_id_seq'::regclass);


--
-- Name: recordings recording_id; Type: DEFAULT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.recordings ALTER COLUMN recording_id SET DEFAULT nextval('public.recordings_recording_id_seq'::regclass);


--
-- Data for Name: accounts; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.accounts VALUES (1, 'root', 'root', 'root', 'admin', '$argon2id$v=19$m=1024,t=1,p=1$rt+cULveHVGws4ZTnMYayg$SPvGbTb4YDgzyHQSXWimIk4/FcGS28JAYEHFwvSvSgU', false, 1795910373119039, 0, NULL, false);
INSERT INTO public.accounts VALUES (2, 'tom', 'tom', 'tom', 'teacher', '$argon2id$v=19$m=1024,t=1,p=1$yq+H0qHibveksSR7vjiDlw$6v70TSm95IwTngPx/iEs6n/NjT1+L1Ua2rTdSSQIE+s', false, 1795910373119039, 0, NULL, false);
INSERT INTO public.accounts VALUES (3, 'tina', 'tina', 'tina', 'teacher', '$argon2id$v=19$m=1024,t=1,p=1$9qyJS6k5CkhQLig/HUnB+g$HCCIeXfcewDckuYSDiUDJ85ZaKU2/eX/f27p9P9g6uQ', false, 1795910373119039, 0, NULL, false);
INSERT INTO public.accounts VALUES (4, 'anna', 'anna', 'anna', 'student', '$argon2id$v=19$m=1024,t=1,p=1$P9c/HkBEohgDe00jcsp+EQ$39mdSYYm42oTu3FDPryozRVs7vt4xu85z147E0YE/F0', false, 1795910373119039, 0, NULL, false);
INSERT INTO public.accounts VALUES (5, 'amy', 'amy', 'amy', 'student', '$argon2id$v=19$m=1024,t=1,p=1$ilTZFJTq7kM00ao+cKHVVw$+23A/nwPnbwdaQ7pR72OglxQDzRHVgSZNXTcnJP2eo4', false, 1795910373119039, 0, NULL, false);
INSERT INTO public.accounts VALUES (6, 'stan', 'stan', 'stan', 'student', '$argon2id$v=19$m=1024,t=1,p=1$g3A43aX5VEXIl1ovMUlNvg$w1XTFomqogqlfBG+ECEPdTk+Um36Oeq9b2U78Am6p18', false, 1795910373119039, 0, NULL, false);
INSERT INTO public.accounts VALUES (9, 'sam', 'sam', 'sam', 'student', '$argon2id$v=19$m=1024,t=1,p=1$3ymcf8BQ6UjYOIdCQ0QkeQ$I40zY86/f2rrq+hz1n+Dj9e+H+xhblydnv5wY1mE0ts', false, 1795910373119039, 0, NULL, false);
INSERT INTO public.accounts VALUES (7, 'kim', 'kim', 'kim', 'student', '$argon2id$v=19$m=1024,t=1,p=1$Qa0/QjDTVt7kPZcoA8aIXQ$ZivhECU49lRW/9tl1kccu5l+ufIIuGWoy2EARm0/xN4', false, 1795910373119039, 1795910373119039, NULL, false);
INSERT INTO public.accounts VALUES (8, 'rob', 'rob', 'rob', 'student', '$argon2id$v=19$m=1024,t=1,p=1$9LqzUhSQnbA4smSfsEJOEQ$7Jf6OTZqWTOULUuuDrpb4iibO2thhkTnQai4xauKRd4', false, 1795910373119039, 1795910373119039, NULL, false);


--
-- Data for Name: alembic_version; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.alembic_version VALUES ('0001');


--
-- Data for Name: audit_chains; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.audit_chains VALUES ('6b56b44599d70d3500', 67, 'eccc4bc805e32038d8f447e5f077115043f28471b2b94a12e15b9577210df8e9', 66);


--
-- Data for Name: audit_rows; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.audit_rows VALUES ('6b56b44599d70d3500', 1, 'dcd1c568136d0f9fd83702e9e0e827a3ef38ff60f93ce2f97f5b0c67e8afed65', '62b094a4a44a55a0f9dccece20017a9841fb5f51d91fe15193c1d179759bbca7', 1795910373119039, 'account_created', 1, NULL, NULL, NULL, 'the command line', '', '', '{"role": "admin"}');
INSERT INTO public.audit_rows VALUES ('6b56b44599d70d3500', 2, '62b094a4a44a55a0f9dccece20017a9841fb5f51d91fe15193c1d179759bbca7', '1d9403fe5cabb3a5920af42712892636f05a9a1a0a9860078c941204f90782e1', 1795910373119039, 'session_opened', 1, 1, NULL, NULL, 'the password is right', '3d7946f7b66b44bb7caa2dbe5602ea0f', 'r8ea03833038eee3f3ff884fa', '{"channel": "api", "session_id": "s67eb485c44dbe4c5d7f9360d"}');
INSERT INTO public.audit_rows VALUES ('6b56b44599d70d3500', 3, '1d9403fe5cabb3a5920af42712892636f05a9a1a0a9860078c941204f90782e1', '01fa621381a39657dfc0d150a20d01e58ab5932735a2f0e82684cf760b8fd6c0', 1795910373119039, 'user_sig_issued', 1, 1, NULL, 'lbc5c51e469d30a595448406c', 'a UserSig for one''s own account', '3c719c56e91797c532f78c2c37c3ad47', 'r8ea03833038eee3f3ff884fa', '{"expires_at": 1795996773}');
INSERT INTO public.audit_rows VALUES ('6b56b44599d70d3500', 4, '01fa621381a39657dfc0d150a20d01e58ab5932735a2f0e82684cf760b8fd6c0', 'b48ce54b0d4ddc7ce36ad2d5c135e24461e9f41ab8581f4fee568cab0ba235e4', 1795910373119039, 'account_created', 2, NULL, NULL, NULL, 'the command line', '', 'r8ea03833038eee3f3ff884fa', '{"role": "teacher"}');
INSERT INTO public.audit_rows VALUES ('6b56b44599d70d3500', 5, 'b48ce54b0d4ddc7ce36ad2d5c135e24461e9f41ab8581f4fee568cab0ba235e4', '38b073275b595e5d52fcae838cad990771aa39c60d082bbf805f2fc3b9443af0', 1795910373119039, 'session_opened', 2, 2, NULL, NULL, 'the password is right', '94423f8fd5dc7f2e22a53a1c07404439', 'r33a198cb040ec3d5245aa137', '{"channel": "api", "session_id": "s63b20b9ac6247103ee681e05"}');
INSERT INTO public.audit_rows VALUES ('6b56b44599d70d3500', 6, '38b073275b595e5d52fcae838cad990771aa39c60d082bbf805f2fc3b9443af0', '401571d80210da133ca550d432546b5449249ac17d2b593cc54e7883c918ba77', 1795910373119039, 'user_sig_issued', 2, 2, NULL, 'lc798ba75dd194f76de6ce372', 'a UserSig for one''s own account', '771f565cda5abf08a714b8bb258bd2ab', 'r33a198cb040ec3d5245aa137', '{"expires_at": 1795996773}');
INSERT INTO public.audit_rows VALUES ('6b56b44599d70d3500', 7, '401571d80210da133ca550d432546b5449249ac17d2b593cc54e7883c918ba77', '1affd0e8114ff04222575e0b125876508416f739de48ea7d406969b28e4c3de1', 1795910373119039, 'account_created', 3, NULL, NULL, NULL, 'the command line', '', 'r33a198cb040ec3d5245aa137', '{"role": "teacher"}');
INSERT INTO public.audit_rows VALUES ('6b56b44599d70d3500', 8, '1affd0e8114ff04222575e0b125876508416f739de48ea7d406969b28e4c3de1', 'ee5165ef1cecf8882b2b37ab4b074fa7fd8a6236a78ef295c3d551ba8f0598ee', 1795910373119039, 'session_opened', 3, 3, NULL, NULL, 'the password is right', '847fec946496df1e93ffb17a61ed7b0e', 'r6cbdc2be6b0fd62f6f8d3ee4', '{"channel": "api", "session_id": "s388351e9d75a98b21c09ded2"}');
INSERT INTO public.audit_rows VALUES ('6b56b44599d70d3500', 9, 'ee5165ef1cecf8882b2b37ab4b074fa7fd8a6236a78ef295c3d551ba8f0598ee', 'b94065bdc2b7a484c2aa0028f946cb98584409388cfb1dbaf66ba681662059d1', 1795910373119039, 'user_sig_issued', 3, 3, NULL, 'l3af8bfab79c7698b8252cb46', 'a UserSig for one''s own account', 'a866f51b256a0f982084df3e13bf15be', 'r6cbdc2be6b0fd62f6f8d3ee4', '{"expires_at": 1795996773}');
INSERT INTO public.audit_rows VALUES ('6b56b44599d70d3500', 10, 'b94065bdc2b7a484c2aa0028f946cb98584409388cfb1dbaf66ba681662059d1', '14d995b70d158d98dc71bc9f516325520474a8ae7d7230a44730862336e6e6ba', 1795910373119039, 'account_created', 4, NULL, NULL, NULL, 'the command line', '', 'r6cbdc2be6b0fd62f6f8d3ee4', '{"role": "student"}');
INSERT INTO public.audit_rows VALUES ('6b56b44599d70d3500', 11, '14d995b70d158d98dc71bc9f516325520474a8ae7d7230a44730862336e6e6ba', '92e6320f121bc2bb7496b931b510be6e57da231441a3580e1895af513e77d425', 1795910373119039, 'session_opened', 4, 4, NULL, NULL, 'the password is right', '846b71e1ed403469dbbb610e6509ec2d', 'r040ea6303b855b9d2e93cc7a', '{"channel": "api", "session_id": "s8e321f5fc29e626416e9c63d"}');
INSERT INTO public.audit_rows VALUES ('6b56b44599d70d3500', 12, '92e6320f121bc2bb7496b931b510be6e57da231441a3580e1895af513e77d425', '8a4eddabb50163cab87ad88cb2eeb1399a1853b3b7dd4a1124a36f5d1941449c', 1795910373119039, 'user_sig_issued', 4, 4, NULL, 'l5f4ee4afbd77ad517fbe3100', 'a UserSig for one''s own account', 'd0a5812f0bc5724d8b68f18a98fb617b', 'r040ea6303b855b9d2e93cc7a', '{"expires_at": 1795996773}');
INSERT INTO public.audit_rows VALUES ('6b56b44599d70d3500', 13, '8a4eddabb50163cab87ad88cb2eeb1399a1853b3b7dd4a1124a36f5d1941449c', 'a8d467aef03e93832eae32c872c36e4b0ed4e3961b6bbc963a1d9f141d24b68e', 1795910373119039, 'account_created', 5, NULL, NULL, NULL, 'the command line', '', 'r040ea6303b855b9d2e93cc7a', '{"role": "student"}');
INSERT INTO public.audit_rows VALUES ('6b56b44599d70d3500', 14, 'a8d467aef03e93832eae32c872c36e4b0ed4e3961b6bbc963a1d9f141d24b68e', '68ba09df51fa483b6656ff9fd7ef6891103df8dd3c32ecbcbe6834838e7c91e3', 1795910373119039, 'session_opened', 5, 5, NULL, NULL, 'the password is right', '2a251c49719514b655d09a4e66f7dbba', 'r5fb6a1e34c97da5fa32b549e', '{"channel": "api", "session_id": "s6bb8b7e15fe3d8d35d597e16"}');
INSERT INTO public.audit_rows VALUES ('6b56b44599d70d3500', 15, '68ba09df51fa483b6656ff9fd7ef6891103df8dd3c32ecbcbe6834838e7c91e3', 'c26cc2e0be80f226dd491822031fb1d4db5ec98abcb7e9f5ed5b69f281e9e6b3', 1795910373119039, 'user_sig_issued', 5, 5, NULL, 'lf3de81eb22ea819baa7a746c', 'a UserSig for one''s own account', '35c1b64d1c0cc28c2275826f179da59a', 'r5fb6a1e34c97da5fa32b549e', '{"expires_at": 1795996773}');
INSERT INTO public.audit_rows VALUES ('6b56b44599d70d3500', 16, 'c26cc2e0be80f226dd491822031fb1d4db5ec98abcb7e9f5ed5b69f281e9e6b3', 'b05a2d6ed4ec9b1ebffdb09047ca4172a172943e96f596765115442588f9c23d', 1795910373119039, 'account_created', 6, NULL, NULL, NULL, 'the command line', '', 'r5fb6a1e34c97da5fa32b549e', '{"role": "student"}');
INSERT INTO public.audit_rows VALUES ('6b56b44599d70d3500', 17, 'b05a2d6ed4ec9b1ebffdb09047ca4172a172943e96f596765115442588f9c23d', '0be7d98f7b3b7ffacbddec6be9e4071eb398eca8ea870eb85e7cae861c825ba7', 1795910373119039, 'session_opened', 6, 6, NULL, NULL, 'the password is right', 'fd1a75db8e1fe3ba276bbb6873ce1142', 're63691aafb8b4e35a9ef3875', '{"channel": "api", "session_id": "s5253d862b0079c7928eea0d6"}');
INSERT INTO public.audit_rows VALUES ('6b56b44599d70d3500', 18, '0be7d98f7b3b7ffacbddec6be9e4071eb398eca8ea870eb85e7cae861c825ba7', 'd152eb37ece02414d707badea54e640915aabdfe7fa636e98f624a1adb80a07d', 1795910373119039, 'user_sig_issued', 6, 6, NULL, 'l969a16e97bab83c9191332a7', 'a UserSig for one''s own account', '5c2a35a66f4b2fd790a16819aa39d752', 're63691aafb8b4e35a9ef3875', '{"expires_at": 1795996773}');
INSERT INTO public.audit_rows VALUES ('6b56b44599d70d3500', 19, 'd152eb37ece02414d707badea54e640915aabdfe7fa636e98f624a1adb80a07d', '319092a41c7028ff58002f6c3877e6a9adcff5de052e59911cda2c2f0d5b66ab', 1795910373119039, 'account_created', 7, NULL, NULL, NULL, 'the command line', '', 're63691aafb8b4e35a9ef3875', '{"role": "student"}');
INSERT INTO public.audit_rows VALUES ('6b56b44599d70d3500', 20, '319092a41c7028ff58002f6c3877e6a9adcff5de052e59911cda2c2f0d5b66ab', '1c3ca8297f116b0ea8421577ba874dc688287e93de55601ef473254bd76efa3c', 1795910373119039, 'session_opened', 7, 7, NULL, NULL, 'the password is right', '006869cb06e8387e34e90288a5bfdf62', 'r0165cf2a755322a8aa107207', '{"channel": "api", "session_id": "s6bb61e4465c4fc0346916b29"}');
INSERT INTO public.audit_rows VALUES ('6b56b44599d70d3500', 21, '1c3ca8297f116b0ea8421577ba874dc688287e93de55601ef473254bd76efa3c', '48dfd650f6a8f1b0c9347cee4c0522815e5ba67f79488648eb24f59ce771667d', 1795910373119039, 'user_sig_issued', 7, 7, NULL, 'lc6dc1f82f814cbef02f63583', 'a UserSig for one''s own account', '19c67d8e99c88d9cb2379518c5dd4ab2', 'r0165cf2a755322a8aa107207', '{"expires_at": 1795996773}');
INSERT INTO public.audit_rows VALUES ('6b56b44599d70d3500', 22, '48dfd650f6a8f1b0c9347cee4c0522815e5ba67f79488648eb24f59ce771667d', '520bc8d7e8514438e9c5652cec05c8621442e8a37d70b7111e1d446fe6392ba3', 1795910373119039, 'account_created', 8, NULL, NULL, NULL, 'the command line', '', 'r0165cf2a755322a8aa107207', '{"role": "student"}');
INSERT INTO public.audit_rows VALUES ('6b56b44599d70d3500', 23, '520bc8d7e8514438e9c5652cec05c8621442e8a37d70b7111e1d446fe6392ba3', '97af887d49294f09f27712c488b66c5e4b1ec8db3c16ddc26105176b88121256', 1795910373119039, 'session_opened', 8, 8, NULL, NULL, 'the password is right', '3eacda18e3af97ab0ca97de79513215a', 'r69ddf24a09a0fb05809ce47e', '{"channel": "api", "session_id": "sa8af557a4068e805d1ece5ab"}');
INSERT INTO public.audit_rows VALUES ('6b56b44599d70d3500', 24, '97af887d49294f09f27712c488b66c5e4b1ec8db3c16ddc26105176b88121256', '174180f7a58062172bc3046af8318790dc706bfb68fc987c0e994be042dc9229', 1795910373119039, 'user_sig_issued', 8, 8, NULL, 'l9ef7a34e22f2a98e57ff9465', 'a UserSig for one''s own account', '300f32366d4bf391632c1705bd56ea83', 'r69ddf24a09a0fb05809ce47e', '{"expires_at": 1795996773}');
INSERT INTO public.audit_rows VALUES ('6b56b44599d70d3500', 25, '174180f7a58062172bc3046af8318790dc706bfb68fc987c0e994be042dc9229', '23d56ce4f3f9f39127b63c4b968098e718e4cd042ffbf65875908ce3f5efec82', 1795910373119039, 'account_created', 9, NULL, NULL, NULL, 'the command line', '', 'r69ddf24a09a0fb05809ce47e', '{"role": "student"}');
INSERT INTO public.audit_rows VALUES ('6b56b44599d70d3500', 35, '382d9c29dacde753cbf8206a89a9319426bb2ca83c88499052d880ecdb56998d', '49d3a28c2d67b0c402f0c960656069e8783eac2d5fed40d227b763a0f22c14f3', 1795910373119039, 'entry_issued', 2, 2, 1, 'l6096323792ca8329d3f4850c', 'host of the class, inside its window', '771f565cda5abf08a714b8bb258bd2ab fa5da13477a7ccbcb1be51ad9eb5e97d', 'r3c6a23768530c10c729c89d3', '{"expires_at": 1795996773, "privileges": 255, "role": "host"}');
INSERT INTO public.audit_rows VALUES ('6b56b44599d70d3500', 37, 'cc228071a8487b921c417c06f20159ca11716d94256e80f85cbecf525433ff92', 'd89b064e968008ed656cea51ae1ec6321a2080485e6e99cadc8f4e25b9996214', 1795910373119039, 'entry_issued', 5, 5, 1, 'l6cb9b378520e11f6ab3fd532', 'student of the class, inside its window', '35c1b64d1c0cc28c2275826f179da59a 904ef3331b2bf0f327988c6af65df254', 'r1a09f6795f51bde5424fc4b3', '{"expires_at": 1795996773, "privileges": 170, "role": "student"}');
INSERT INTO public.audit_rows VALUES ('6b56b44599d70d3500', 39, 'ad83583a7e042d294838d7b17052d337db065c160a0ce9279307ff875a7f8db0', '2d070d75a5585a702658ef40ac04088247426ac55aeb59cf61037a76a9a4b4d9', 1795910373119039, 'entry_issued', 7, 7, 1, 'lebf8b77cfdbaa59cf9d9ef54', 'student of the class, inside its window', '19c67d8e99c88d9cb2379518c5dd4ab2 0ebb6059abb638790ef7782115feb0c7', 'r53273941cbd1a5e6f617eb34', '{"expires_at": 1795996773, "privileges": 170, "role": "student"}');
INSERT INTO public.audit_rows VALUES ('6b56b44599d70d3500', 41, 'ae6b102164a0feda620c651541e48fef37be3117d0561d86d793c1bd9d5259b8', '9a9bbe1ff537e47ff7025668cf5f31453be2549cac700fa46ef9f14708b98ee9', 1795910373119039, 'upload_credentials_requested', 2, 2, 1, 'le663db48a46358e7aed3e504', 'host of the class, which is not over', '', 'r6b43b8bf121533ba6c5bd751', '{"expires_at": 1795912173, "resource": "classes/1/ufbcc7a7234b61e73451c3356/HanShu.pdf"}');
INSERT INTO public.audit_rows VALUES ('6b56b44599d70d3500', 43, 'e3dfbe107f949fd5955cf4ac104c8fe13ca44c392336e35b5e0c782a9689bc5c', 'eeeadccb33234178580eb7effe9b7b52a64ae81957ddc3aee52e2e8886313df9', 1795910373119039, 'upload_credentials_requested', 4, 4, 1, 'l0ad1d96c152f1e61cc8f4e0d', 'assistant of the class, which is not over', '', 'r83bcf2b969c28080fa0547d4', '{"expires_at": 1795912173, "resource": "classes/1/u7dee56b0cefe237acf39d698/HanShu.pdf"}');
INSERT INTO public.audit_rows VALUES ('6b56b44599d70d3500', 45, '9b6bc7330997b1fa0b71120192c7185a9a99064da9d3f1a5d9f097f228dd5f88', '09d3117e8d3f3040bf1084d8d7a2da36d129e9009fd2d3c58c92c0ab2eed1e73', 1795910373119039, 'entry_issued', 2, 2, 3, 'l384736776f54ba0c995e78e8', 'host of the class, inside its window', '771f565cda5abf08a714b8bb258bd2ab 16109b73643422dea6281c85aec6fb3c', 're7592b6f05fcc38978d3ef1f', '{"expires_at": 1795996773, "privileges": 255, "role": "host"}');
INSERT INTO public.audit_rows VALUES ('6b56b44599d70d3500', 47, 'a9fd39da599d1585bd673af47dd8148eb3f67c93fb3b11264fcd3e3ccc8acedc', '423d8baa00ef032960477a90fe6595c68a71637e57b5031ed751e46c1e684850', 1795910373119039, 'entry_issued', 5, 5, 3, 'l09d9f5b4354511472ac54723', 'student of the class, inside its window', '35c1b64d1c0cc28c2275826f179da59a 1e5445f23dafc8d7644d3dbb80ae146f', 'rf0daff3e4c2df93c7f2c1ab1', '{"expires_at": 1795996773, "privileges": 170, "role": "student"}');
INSERT INTO public.audit_rows VALUES ('6b56b44599d70d3500', 49, '6fe158d1a98238b93c180058d777c9043be468ce179e953634128b05681f5813', '77a135ac01cff35280b8c5363bfe6c1d18e8ab27c13a904e48ba932ccef6c0e3', 1795910373119039, 'entry_issued', 7, 7, 3, 'ld52c9c32b6953b61554fcab7', 'student of the class, inside its window', '19c67d8e99c88d9cb2379518c5dd4ab2 d32162802cefd3c33c1f915a342357e5', 'ra46f6ad80961d2d200d82811', '{"expires_at": 1795996773, "privileges": 170, "role": "student"}');
INSERT INTO public.audit_rows VALUES ('6b56b44599d70d3500', 51, '4b81c521ddeecf859743b455fd6d9be6eca5625b10d69cd4ad12ee0163426d0c', '9bce56c68cd06fb25c56faa52a7cbd6e486ca32823e0081adb0786c6e4cd29d7', 1795910373119039, 'upload_credentials_requested', 2, 2, 3, 'lb0924125e332a1df5a506314', 'host of the class, which is not over', '', 'r732647b521a8da112287f509', '{"expires_at": 1795912173, "resource": "classes/3/u449e1b904af1856a44b97988/HanShu.pdf"}');
INSERT INTO public.audit_rows VALUES ('6b56b44599d70d3500', 53, '66ed9f894435e063e25e708a179df1a8c2ff540b33f69721e431b0fdb7f868e5', 'abf280206858b6e62646ff8e71bf0b11524448fe70312b8a739ba41715e14588', 1795910373119039, 'upload_credentials_requested', 4, 4, 3, 'l9d9e162356b4aa372992a446', 'assistant of the class, which is not over', '', 'r18df7f9e3fddbe8f4567f0c4', '{"expires_at": 1795912173, "resource": "classes/3/uc6ee739aceb5751247c22e01/HanShu.pdf"}');
INSERT INTO public.audit_rows VALUES ('6b56b44599d70d3500', 55, '892450ee5ca51b92faba1bcf7c692fc2b58bb5f45422d1b509297293d00f6ed5', '3ad6c283fa730f089926e2579a7c49b4e989ab0e2a8ad76316a5ac417d2663aa', 1795910373119039, 'member_kicked', 7, 2, 1, NULL, NULL, '', 'r78364233b986d2748b244ff9', '{"leases_ended": 1}');
INSERT INTO public.audit_rows VALUES ('6b56b44599d70d3500', 57, '0162b2073d333e2b97f1042c195ebd7f67484a203d339e72db1790dd3e671ffb', '0ab72f5857a31024052bc48abb677fdd9edbe884f63103050930023a1d0b4e6f', 1795910373119039, 'member_kicked', 7, 2, 2, NULL, NULL, '', 'r927eba5a614bb48f027a88f9', '{"leases_ended": 0}');
INSERT INTO public.audit_rows VALUES ('6b56b44599d70d3500', 59, 'd51def576581687050ebc7639d476bb351c3bd99cb931727b30b287c142820b4', '94ef31894009bc356628355ab23549f41b1bdedc4ab555ade622ab00f8ef8ab1', 1795910373119039, 'member_kicked', 7, 2, 3, NULL, NULL, '', 'r7aab4dfae284bf2705cfff38', '{"leases_ended": 1}');
INSERT INTO public.audit_rows VALUES ('6b56b44599d70d3500', 61, '7a79aebae81d46e0898f7b673e4240d6c161ec6fed13186d6c1d48ceab54d3b4', '6a9c41fcfd713c2d044f61e760dfe107576c5095ddbde887a185352e5ab46b15', 1795910373119039, 'member_kicked', 7, 2, 4, NULL, NULL, '', 'r388a4fc47fa105006b45df38', '{"leases_ended": 0}');
INSERT INTO public.audit_rows VALUES ('6b56b44599d70d3500', 65, '47be2fd6e637b8a74b91f05e74a666d2b8f947b23e64bcdc7079d6e0a8d557dd', '122be1ec29d610cd5d5622f89e514fcbfb8d428eb8d0754bf6a0250e25f35cbb', 1795910373119039, 'upload_completed', 2, 2, 1, 'le663db48a46358e7aed3e504', NULL, '', 'r5f2201d681e62b06ce34de00', '{"object_key": "classes/1/ufbcc7a7234b61e73451c3356/HanShu.pdf", "size": 5}');
INSERT INTO public.audit_rows VALUES ('6b56b44599d70d3500', 67, '451091a4b8665449e0e9e8db033449f22fe42d5b1c7398a28b8e306f5898be79', 'eccc4bc805e32038d8f447e5f077115043f28471b2b94a12e15b9577210df8e9', 1795910373119039, 'checkpoint', NULL, NULL, NULL, NULL, NULL, '', 'r5f2201d681e62b06ce34de00', '{"6b56b44599d70d3500": "66:451091a4b8665449e0e9e8db033449f22fe42d5b1c7398a28b8e306f5898be79"}');
INSERT INTO public.audit_rows VALUES ('6b56b44599d70d3500', 26, '23d56ce4f3f9f39127b63c4b968098e718e4cd042ffbf65875908ce3f5efec82', 'c8cd2c40287cd7eff22958a5efa360ab3b40ab92d310e7a435a478bc470d47b6', 1795910373119039, 'session_opened', 9, 9, NULL, NULL, 'the password is right', '323e4b9b1778c71dd648cab192020353', 'rb58ee5a3af42fd4cebdaf296', '{"channel": "api", "session_id": "sc07e9073b0c765458a821efc"}');
INSERT INTO public.audit_rows VALUES ('6b56b44599d70d3500', 27, 'c8cd2c40287cd7eff22958a5efa360ab3b40ab92d310e7a435a478bc470d47b6', 'f70d05b12a02d9fcdbe90dfc4acddc90b30a02eb0817731b779c0438e856ce14', 1795910373119039, 'user_sig_issued', 9, 9, NULL, 'la2f8fa55c205d44b92edc510', 'a UserSig for one''s own account', 'b4e47d99e03c5a6fda6c37cca99e48b6', 'rb58ee5a3af42fd4cebdaf296', '{"expires_at": 1795996773}');
INSERT INTO public.audit_rows VALUES ('6b56b44599d70d3500', 28, 'f70d05b12a02d9fcdbe90dfc4acddc90b30a02eb0817731b779c0438e856ce14', '815c84cffe8f336d876ff6e5781df0d04aa0c13e53ef1173854656623b4764ed', 1795910373119039, 'classroom_created', NULL, 2, 1, NULL, NULL, '', 'r09f1911aa9a320f8df0ae9ec', '{"roster": "4:assistant 5:student 6:student 7:student 8:student"}');
INSERT INTO public.audit_rows VALUES ('6b56b44599d70d3500', 29, '815c84cffe8f336d876ff6e5781df0d04aa0c13e53ef1173854656623b4764ed', 'abffb347c66eacd6761acf5d166a5bc17102e34d4f37ed06038b74d9f44420e6', 1795910373119039, 'classroom_started', NULL, 2, 1, NULL, NULL, '', 'r2484a1ca4d8b8c0abb2d55ac', '{}');
INSERT INTO public.audit_rows VALUES ('6b56b44599d70d3500', 30, 'abffb347c66eacd6761acf5d166a5bc17102e34d4f37ed06038b74d9f44420e6', '89a2d37a953b7748b1e6c5fb1170d54361b29b562e2fe6f0ab6e6add422ff944', 1795910373119039, 'classroom_created', NULL, 2, 2, NULL, NULL, '', 'r7f22a0cae09ee6d61f46fbd9', '{"roster": "4:assistant 5:student 6:student 7:student 8:student"}');
INSERT INTO public.audit_rows VALUES ('6b56b44599d70d3500', 31, '89a2d37a953b7748b1e6c5fb1170d54361b29b562e2fe6f0ab6e6add422ff944', '7b54bf3d3eb366a6629c6c2dbb21b9e02cdf8d80a74a5e5c2a27b88287698cf3', 1795910373119039, 'classroom_created', NULL, 2, 3, NULL, NULL, '', 'rcbbe8556dad464b3f6d678fd', '{"roster": "4:assistant 5:student 6:student 7:student 8:student"}');
INSERT INTO public.audit_rows VALUES ('6b56b44599d70d3500', 32, '7b54bf3d3eb366a6629c6c2dbb21b9e02cdf8d80a74a5e5c2a27b88287698cf3', 'f52a98abb569cffbd9ef0afe61d27abf5fe6cb91b147d0b585b0557c3c9a930e', 1795910373119039, 'classroom_started', NULL, 2, 3, NULL, NULL, '', 'r15148a5ec9313e4ef3f05e9e', '{}');
INSERT INTO public.audit_rows VALUES ('6b56b44599d70d3500', 33, 'f52a98abb569cffbd9ef0afe61d27abf5fe6cb91b147d0b585b0557c3c9a930e', '05456e71169ceb41701914bdad2536bd654f1fd9be2046639befb8ebe4a61db6', 1795910373119039, 'classroom_created', NULL, 2, 4, NULL, NULL, '', 'r61116e61eef0eb781fb00f26', '{"roster": "4:assistant 5:student 6:student 7:student 8:student"}');
INSERT INTO public.audit_rows VALUES ('6b56b44599d70d3500', 34, '05456e71169ceb41701914bdad2536bd654f1fd9be2046639befb8ebe4a61db6', '382d9c29dacde753cbf8206a89a9319426bb2ca83c88499052d880ecdb56998d', 1795910373119039, 'classroom_started', NULL, 2, 4, NULL, NULL, '', 'rdb8688a0ca51f2ad8c12b729', '{}');
INSERT INTO public.audit_rows VALUES ('6b56b44599d70d3500', 36, '49d3a28c2d67b0c402f0c960656069e8783eac2d5fed40d227b763a0f22c14f3', 'cc228071a8487b921c417c06f20159ca11716d94256e80f85cbecf525433ff92', 1795910373119039, 'entry_issued', 4, 4, 1, 'l2c36e2d0ece61ace0e139ac3', 'assistant of the class, inside its window', 'd0a5812f0bc5724d8b68f18a98fb617b 9e644f11435dceb7a232d8de009bd278', 'rfc8599341f0b5ca15e1bff42', '{"expires_at": 1795996773, "privileges": 254, "role": "assistant"}');
INSERT INTO public.audit_rows VALUES ('6b56b44599d70d3500', 38, 'd89b064e968008ed656cea51ae1ec6321a2080485e6e99cadc8f4e25b9996214', 'ad83583a7e042d294838d7b17052d337db065c160a0ce9279307ff875a7f8db0', 1795910373119039, 'entry_issued', 6, 6, 1, 'l1171e07e70a91c4c96b57174', 'student on stage of the class, inside its window', '5c2a35a66f4b2fd790a16819aa39d752 3d743a24794ee135ab75edb8b1b57239', 'r3ab7f841f043745bb8cfbc50', '{"expires_at": 1795996773, "privileges": 190, "role": "student"}');
INSERT INTO public.audit_rows VALUES ('6b56b44599d70d3500', 40, '2d070d75a5585a702658ef40ac04088247426ac55aeb59cf61037a76a9a4b4d9', 'ae6b102164a0feda620c651541e48fef37be3117d0561d86d793c1bd9d5259b8', 1795910373119039, 'entry_issued', 8, 8, 1, 'l46a9ddfaba6f20806457c358', 'student of the class, inside its window', '300f32366d4bf391632c1705bd56ea83 bee519231e54ac386e54d7a734bfff5c', 'r78f31d0020f3dac5c7837cd9', '{"expires_at": 1795996773, "privileges": 170, "role": "student"}');
INSERT INTO public.audit_rows VALUES ('6b56b44599d70d3500', 42, '9a9bbe1ff537e47ff7025668cf5f31453be2549cac700fa46ef9f14708b98ee9', 'e3dfbe107f949fd5955cf4ac104c8fe13ca44c392336e35b5e0c782a9689bc5c', 1795910373119039, 'upload_credentials_issued', 2, 2, 1, 'le663db48a46358e7aed3e504', 'host of the class, which is not over', '710fad56f2fab6b610bfa0c67974f7e0 e8e1293ab236f5d7e1287028c90ff1fc', 'r6b43b8bf121533ba6c5bd751', '{"expires_at": 1795912173, "resource": "classes/1/ufbcc7a7234b61e73451c3356/HanShu.pdf"}');
INSERT INTO public.audit_rows VALUES ('6b56b44599d70d3500', 44, 'eeeadccb33234178580eb7effe9b7b52a64ae81957ddc3aee52e2e8886313df9', '9b6bc7330997b1fa0b71120192c7185a9a99064da9d3f1a5d9f097f228dd5f88', 1795910373119039, 'upload_credentials_issued', 4, 4, 1, 'l0ad1d96c152f1e61cc8f4e0d', 'assistant of the class, which is not over', '8d8184e184af81e9f70135a5a0f0463b 9e09af2ff46176ddc7cc97e568bb54d1', 'r83bcf2b969c28080fa0547d4', '{"expires_at": 1795912173, "resource": "classes/1/u7dee56b0cefe237acf39d698/HanShu.pdf"}');
INSERT INTO public.audit_rows VALUES ('6b56b44599d70d3500', 46, '09d3117e8d3f3040bf1084d8d7a2da36d129e9009fd2d3c58c92c0ab2eed1e73', 'a9fd39da599d1585bd673af47dd8148eb3f67c93fb3b11264fcd3e3ccc8acedc', 1795910373119039, 'entry_issued', 4, 4, 3, 'l5867579b4893063933c3614c', 'assistant of the class, inside its window', 'd0a5812f0bc5724d8b68f18a98fb617b a6d0458a2af3a3b51947604dcd86ae36', 'r0bea55f999f59f06c3de56a9', '{"expires_at": 1795996773, "privileges": 254, "role": "assistant"}');
INSERT INTO public.audit_rows VALUES ('6b56b44599d70d3500', 48, '423d8baa00ef032960477a90fe6595c68a71637e57b5031ed751e46c1e684850', '6fe158d1a98238b93c180058d777c9043be468ce179e953634128b05681f5813', 1795910373119039, 'entry_issued', 6, 6, 3, 'le9a42c71561c791e813b06db', 'student on stage of the class, inside its window', '5c2a35a66f4b2fd790a16819aa39d752 8fca4319c61272bc42f3911bd4c5ce7f', 'r9f918ad26e4cca9ea0640527', '{"expires_at": 1795996773, "privileges": 190, "role": "student"}');
INSERT INTO public.audit_rows VALUES ('6b56b44599d70d3500', 50, '77a135ac01cff35280b8c5363bfe6c1d18e8ab27c13a904e48ba932ccef6c0e3', '4b81c521ddeecf859743b455fd6d9be6eca5625b10d69cd4ad12ee0163426d0c', 1795910373119039, 'entry_issued', 8, 8, 3, 'lb89c71e0eb755669e8589d88', 'student of the class, inside its window', '300f32366d4bf391632c1705bd56ea83 2cc5860c4c577cceebdd111b93a15311', 'r66b8ee729a974f52d681406c', '{"expires_at": 1795996773, "privileges": 170, "role": "student"}');
INSERT INTO public.audit_rows VALUES ('6b56b44599d70d3500', 52, '9bce56c68cd06fb25c56faa52a7cbd6e486ca32823e0081adb0786c6e4cd29d7', '66ed9f894435e063e25e708a179df1a8c2ff540b33f69721e431b0fdb7f868e5', 1795910373119039, 'upload_credentials_issued', 2, 2, 3, 'lb0924125e332a1df5a506314', 'host of the class, which is not over', '021bdce17526e48fc1a513a6ebf3b380 eafa8e4b7f1501208282cf6643ad1fb6', 'r732647b521a8da112287f509', '{"expires_at": 1795912173, "resource": "classes/3/u449e1b904af1856a44b97988/HanShu.pdf"}');
INSERT INTO public.audit_rows VALUES ('6b56b44599d70d3500', 54, 'abf280206858b6e62646ff8e71bf0b11524448fe70312b8a739ba41715e14588', '892450ee5ca51b92faba1bcf7c692fc2b58bb5f45422d1b509297293d00f6ed5', 1795910373119039, 'upload_credentials_issued', 4, 4, 3, 'l9d9e162356b4aa372992a446', 'assistant of the class, which is not over', '769c63f22280eb5d7eb3a9385900738b 037e7e04993f9dbdac0e723401ed7146', 'r18df7f9e3fddbe8f4567f0c4', '{"expires_at": 1795912173, "resource": "classes/3/uc6ee739aceb5751247c22e01/HanShu.pdf"}');
INSERT INTO public.audit_rows VALUES ('6b56b44599d70d3500', 56, '3ad6c283fa730f089926e2579a7c49b4e989ab0e2a8ad76316a5ac417d2663aa', '0162b2073d333e2b97f1042c195ebd7f67484a203d339e72db1790dd3e671ffb', 1795910373119039, 'member_removed', 8, 2, 1, NULL, NULL, '', 'r3bdcf261a624aa1c200fd075', '{"leases_ended": 1}');
INSERT INTO public.audit_rows VALUES ('6b56b44599d70d3500', 58, '0ab72f5857a31024052bc48abb677fdd9edbe884f63103050930023a1d0b4e6f', 'd51def576581687050ebc7639d476bb351c3bd99cb931727b30b287c142820b4', 1795910373119039, 'member_removed', 8, 2, 2, NULL, NULL, '', 'r28e7743d53b41455d98adc09', '{"leases_ended": 0}');
INSERT INTO public.audit_rows VALUES ('6b56b44599d70d3500', 60, '94ef31894009bc356628355ab23549f41b1bdedc4ab555ade622ab00f8ef8ab1', '7a79aebae81d46e0898f7b673e4240d6c161ec6fed13186d6c1d48ceab54d3b4', 1795910373119039, 'member_removed', 8, 2, 3, NULL, NULL, '', 'r02878b51c00c9f21b015b664', '{"leases_ended": 1}');
INSERT INTO public.audit_rows VALUES ('6b56b44599d70d3500', 62, '6a9c41fcfd713c2d044f61e760dfe107576c5095ddbde887a185352e5ab46b15', '6c29553e78e50877b6432092c51fb4ccc0d96708ea7a03f381886b696464cacb', 1795910373119039, 'member_removed', 8, 2, 4, NULL, NULL, '', 'r03e29010384755f068cbde85', '{"leases_ended": 0}');
INSERT INTO public.audit_rows VALUES ('6b56b44599d70d3500', 63, '6c29553e78e50877b6432092c51fb4ccc0d96708ea7a03f381886b696464cacb', '6adfb4de4451b5b4995ed9d3e584e529570521c275424becac7253cd3c767825', 1795910373119039, 'classroom_ended', NULL, 2, 3, NULL, NULL, '', 'r75318b43241d910e79556ba2', '{"leases_ended": 6, "members_left": 4}');
INSERT INTO public.audit_rows VALUES ('6b56b44599d70d3500', 64, '6adfb4de4451b5b4995ed9d3e584e529570521c275424becac7253cd3c767825', '47be2fd6e637b8a74b91f05e74a666d2b8f947b23e64bcdc7079d6e0a8d557dd', 1795910373119039, 'invitation_created', NULL, 1, NULL, NULL, 'an admin may invite', '5419cb0ce5c677d870824b65299ac0f0', 'r34840323d01950d356faac8f', '{"expires_at": 1795996773, "invitation_id": "i8e80877e689dd939cf7b7bc3", "role": "student", "uses": 5}');
INSERT INTO public.audit_rows VALUES ('6b56b44599d70d3500', 66, '122be1ec29d610cd5d5622f89e514fcbfb8d428eb8d0754bf6a0250e25f35cbb', '451091a4b8665449e0e9e8db033449f22fe42d5b1c7398a28b8e306f5898be79', 1795910373119039, 'downloads_issued', 2, 2, 1, 'l5f28b7b224053762609a3cc5', 'host of the class', 'ddf3e86f5a53c49d9fbb760799ac06d9', 'r5f2201d681e62b06ce34de00', '{"expires_at": 1795913973, "resource": "ufbcc7a7234b61e73451c3356"}');


--
-- Data for Name: bindings; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: classrooms; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.classrooms VALUES (1, '数学', NULL, 'live', 2, false, NULL, NULL, 1795910373119039, NULL, 1795910373119039, 1795910373119039);
INSERT INTO public.classrooms VALUES (2, '数学', NULL, 'created', 2, false, NULL, NULL, NULL, NULL, 1795910373119039, 1795910373119039);
INSERT INTO public.classrooms VALUES (4, '数学', NULL, 'live', 2, true, NULL, NULL, 1795910373119039, NULL, 1795910373119039, 1795910373119039);
INSERT INTO public.classrooms VALUES (3, '数学', NULL, 'ended', 2, false, NULL, NULL, 1795910373119039, 1795910373119039, 1795910373119039, 1795910373119039);


--
-- Data for Name: held_identifiers; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: host_heartbeats; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.host_heartbeats VALUES (1, 1795910373119039);
INSERT INTO public.host_heartbeats VALUES (4, 1795910373119039);


--
-- Data for Name: invitations; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.invitations VALUES ('i8e80877e689dd939cf7b7bc3', '0b313651efc399f2efdc51103938fac2aaa95789b09b8c9edcf16b38161404f5', 'student', 5, 0, 1, 1795910373119039, 1795996773000000);


--
-- Data for Name: known_addresses; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.known_addresses VALUES ('a555a81f635d4ce0067d4c1b6b867d85527a1e513731fc90ce752464dace5940', 1, 1795910373119039);
INSERT INTO public.known_addresses VALUES ('9f87a05bd4f81221bf5d958794655be48c872011b3e408ef59c61fd7d35d2d8e', 2, 1795910373119039);
INSERT INTO public.known_addresses VALUES ('40b0dc352f43ac1efc22f7041f5c58336889fcbd4a8d16e5058aa08af42ee518', 3, 1795910373119039);
INSERT INTO public.known_addresses VALUES ('3c22721e3ac0c822e36321d043dd712965a90043a256b8a20c6c389180f240d6', 4, 1795910373119039);
INSERT INTO public.known_addresses VALUES ('085021be7e20b8fbd6f65c32c8eed90612383a91a52a77b66bd0451dec81b1c5', 5, 1795910373119039);
INSERT INTO public.known_addresses VALUES ('2e415d299ad84415f47a114d23cc916c9bad2c7e05a825aa2204861820e09e02', 6, 1795910373119039);
INSERT INTO public.known_addresses VALUES ('a988c7a196d9dda82b74981e369d7d52e299f4e9fcee1b36c818f6ad34c23b67', 7, 1795910373119039);
INSERT INTO public.known_addresses VALUES ('88aacd351561acef507e08e046966d40ef8a08ce911ce9f29c3137713e81ed40', 8, 1795910373119039);
INSERT INTO public.known_addresses VALUES ('5c128d97ec8d83f06fa2e9865b24c03b4f733e10e449bb86fdde292f1114bd9a', 9, 1795910373119039);


--
-- Data for Name: leases; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.leases VALUES ('lbc5c51e469d30a595448406c', 'user_sig', 'active', 1, 's67eb485c44dbe4c5d7f9360d', NULL, NULL, 1795910373000000, 1795996773000000, 1796515173119039, NULL, NULL);
INSERT INTO public.leases VALUES ('lc798ba75dd194f76de6ce372', 'user_sig', 'active', 2, 's63b20b9ac6247103ee681e05', NULL, NULL, 1795910373000000, 1795996773000000, 1796515173119039, NULL, NULL);
INSERT INTO public.leases VALUES ('l3af8bfab79c7698b8252cb46', 'user_sig', 'active', 3, 's388351e9d75a98b21c09ded2', NULL, NULL, 1795910373000000, 1795996773000000, 1796515173119039, NULL, NULL);
INSERT INTO public.leases VALUES ('l5f4ee4afbd77ad517fbe3100', 'user_sig', 'active', 4, 's8e321f5fc29e626416e9c63d', NULL, NULL, 1795910373000000, 1795996773000000, 1796515173119039, NULL, NULL);
INSERT INTO public.leases VALUES ('lf3de81eb22ea819baa7a746c', 'user_sig', 'active', 5, 's6bb8b7e15fe3d8d35d597e16', NULL, NULL, 1795910373000000, 1795996773000000, 1796515173119039, NULL, NULL);
INSERT INTO public.leases VALUES ('l969a16e97bab83c9191332a7', 'user_sig', 'active', 6, 's5253d862b0079c7928eea0d6', NULL, NULL, 1795910373000000, 1795996773000000, 1796515173119039, NULL, NULL);
INSERT INTO public.leases VALUES ('lc6dc1f82f814cbef02f63583', 'user_sig', 'active', 7, 's6bb61e4465c4fc0346916b29', NULL, NULL, 1795910373000000, 1795996773000000, 1796515173119039, NULL, NULL);
INSERT INTO public.leases VALUES ('l9ef7a34e22f2a98e57ff9465', 'user_sig', 'active', 8, 'sa8af557a4068e805d1ece5ab', NULL, NULL, 1795910373000000, 1795996773000000, 1796515173119039, NULL, NULL);
INSERT INTO public.leases VALUES ('la2f8fa55c205d44b92edc510', 'user_sig', 'active', 9, 'sc07e9073b0c765458a821efc', NULL, NULL, 1795910373000000, 1795996773000000, 1796515173119039, NULL, NULL);
INSERT INTO public.leases VALUES ('l6096323792ca8329d3f4850c', 'entry', 'active', 2, 's63b20b9ac6247103ee681e05', 1, NULL, 1795910373000000, 1795996773000000, 1796515173119039, NULL, NULL);
INSERT INTO public.leases VALUES ('l2c36e2d0ece61ace0e139ac3', 'entry', 'active', 4, 's8e321f5fc29e626416e9c63d', 1, NULL, 1795910373000000, 1795996773000000, 1796515173119039, NULL, NULL);
INSERT INTO public.leases VALUES ('l6cb9b378520e11f6ab3fd532', 'entry', 'active', 5, 's6bb8b7e15fe3d8d35d597e16', 1, NULL, 1795910373000000, 1795996773000000, 1796515173119039, NULL, NULL);
INSERT INTO public.leases VALUES ('l1171e07e70a91c4c96b57174', 'entry', 'active', 6, 's5253d862b0079c7928eea0d6', 1, NULL, 1795910373000000, 1795996773000000, 1796515173119039, NULL, NULL);
INSERT INTO public.leases VALUES ('l0ad1d96c152f1e61cc8f4e0d', 'upload', 'active', 4, 's8e321f5fc29e626416e9c63d', 1, 'u7dee56b0cefe237acf39d698', 1795910373000000, 1795912173000000, 1796515173119039, NULL, NULL);
INSERT INTO public.leases VALUES ('lebf8b77cfdbaa59cf9d9ef54', 'entry', 'ended', 7, 's6bb61e4465c4fc0346916b29', 1, NULL, 1795910373000000, 1795996773000000, 1796515173119039, 1795910373119039, 'kicked');
INSERT INTO public.leases VALUES ('l46a9ddfaba6f20806457c358', 'entry', 'ended', 8, 'sa8af557a4068e805d1ece5ab', 1, NULL, 1795910373000000, 1795996773000000, 1796515173119039, 1795910373119039, 'removed');
INSERT INTO public.leases VALUES ('ld52c9c32b6953b61554fcab7', 'entry', 'ended', 7, 's6bb61e4465c4fc0346916b29', 3, NULL, 1795910373000000, 1795996773000000, 1796515173119039, 1795910373119039, 'kicked');
INSERT INTO public.leases VALUES ('lb89c71e0eb755669e8589d88', 'entry', 'ended', 8, 'sa8af557a4068e805d1ece5ab', 3, NULL, 1795910373000000, 1795996773000000, 1796515173119039, 1795910373119039, 'removed');
INSERT INTO public.leases VALUES ('l384736776f54ba0c995e78e8', 'entry', 'ended', 2, 's63b20b9ac6247103ee681e05', 3, NULL, 1795910373000000, 1795996773000000, 1796515173119039, 1795910373119039, 'class_ended');
INSERT INTO public.leases VALUES ('l5867579b4893063933c3614c', 'entry', 'ended', 4, 's8e321f5fc29e626416e9c63d', 3, NULL, 1795910373000000, 1795996773000000, 1796515173119039, 1795910373119039, 'class_ended');
INSERT INTO public.leases VALUES ('l09d9f5b4354511472ac54723', 'entry', 'ended', 5, 's6bb8b7e15fe3d8d35d597e16', 3, NULL, 1795910373000000, 1795996773000000, 1796515173119039, 1795910373119039, 'class_ended');
INSERT INTO public.leases VALUES ('le9a42c71561c791e813b06db', 'entry', 'ended', 6, 's5253d862b0079c7928eea0d6', 3, NULL, 1795910373000000, 1795996773000000, 1796515173119039, 1795910373119039, 'class_ended');
INSERT INTO public.leases VALUES ('lb0924125e332a1df5a506314', 'upload', 'ended', 2, 's63b20b9ac6247103ee681e05', 3, 'u449e1b904af1856a44b97988', 1795910373000000, 1795912173000000, 1796515173119039, 1795910373119039, 'class_ended');
INSERT INTO public.leases VALUES ('l9d9e162356b4aa372992a446', 'upload', 'ended', 4, 's8e321f5fc29e626416e9c63d', 3, 'uc6ee739aceb5751247c22e01', 1795910373000000, 1795912173000000, 1796515173119039, 1795910373119039, 'class_ended');
INSERT INTO public.leases VALUES ('le663db48a46358e7aed3e504', 'upload', 'ended', 2, 's63b20b9ac6247103ee681e05', 1, 'ufbcc7a7234b61e73451c3356', 1795910373000000, 1795912173000000, 1796515173119039, 1795910373119039, 'complete');
INSERT INTO public.leases VALUES ('l5f28b7b224053762609a3cc5', 'download', 'active', 2, 's63b20b9ac6247103ee681e05', 1, NULL, 1795910373000000, 1795913973000000, NULL, NULL, NULL);


--
-- Data for Name: memberships; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.memberships VALUES (1, 2, 'host', false, NULL, 1795910373119039);
INSERT INTO public.memberships VALUES (1, 4, 'assistant', false, NULL, 1795910373119039);
INSERT INTO public.memberships VALUES (1, 5, 'student', false, NULL, 1795910373119039);
INSERT INTO public.memberships VALUES (1, 6, 'student', true, NULL, 1795910373119039);
INSERT INTO public.memberships VALUES (2, 2, 'host', false, NULL, 1795910373119039);
INSERT INTO public.memberships VALUES (2, 4, 'assistant', false, NULL, 1795910373119039);
INSERT INTO public.memberships VALUES (2, 5, 'student', false, NULL, 1795910373119039);
INSERT INTO public.memberships VALUES (2, 6, 'student', true, NULL, 1795910373119039);
INSERT INTO public.memberships VALUES (3, 2, 'host', false, NULL, 1795910373119039);
INSERT INTO public.memberships VALUES (3, 4, 'assistant', false, NULL, 1795910373119039);
INSERT INTO public.memberships VALUES (3, 5, 'student', false, NULL, 1795910373119039);
INSERT INTO public.memberships VALUES (3, 6, 'student', true, NULL, 1795910373119039);
INSERT INTO public.memberships VALUES (4, 2, 'host', false, NULL, 1795910373119039);
INSERT INTO public.memberships VALUES (4, 4, 'assistant', false, NULL, 1795910373119039);
INSERT INTO public.memberships VALUES (4, 5, 'student', false, NULL, 1795910373119039);
INSERT INTO public.memberships VALUES (4, 6, 'student', true, NULL, 1795910373119039);
INSERT INTO public.memberships VALUES (1, 7, 'student', false, 1795910373119039, 1795910373119039);
INSERT INTO public.memberships VALUES (2, 7, 'student', false, 1795910373119039, 1795910373119039);
INSERT INTO public.memberships VALUES (3, 7, 'student', false, 1795910373119039, 1795910373119039);
INSERT INTO public.memberships VALUES (4, 7, 'student', false, 1795910373119039, 1795910373119039);


--
-- Data for Name: outbox; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.outbox VALUES (1, 'marker', 1, 2, '{"seq": 67297479, "timestamp": 614043391, "type": 1001, "value": {}}', 1795910373119039);
INSERT INTO public.outbox VALUES (2, 'marker', 3, 2, '{"seq": 74150787, "timestamp": 614043391, "type": 1001, "value": {}}', 1795910373119039);
INSERT INTO public.outbox VALUES (3, 'marker', 4, 2, '{"seq": 17473044, "timestamp": 614043391, "type": 1001, "value": {}}', 1795910373119039);
INSERT INTO public.outbox VALUES (4, 'marker', 3, 2, '{"seq": 71271845, "timestamp": 614043391, "type": 1002, "value": {}}', 1795910373119039);


--
-- Data for Name: presences; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.presences VALUES (3, 4, 2, 's63b20b9ac6247103ee681e05', 'host', 1795910373119039, 1795910373119039, NULL, NULL);
INSERT INTO public.presences VALUES (1, 1, 2, 's63b20b9ac6247103ee681e05', 'host', 1795910373119039, 1795910373119039, NULL, NULL);
INSERT INTO public.presences VALUES (4, 1, 4, 's8e321f5fc29e626416e9c63d', 'assistant', 1795910373119039, 1795910373119039, NULL, NULL);
INSERT INTO public.presences VALUES (5, 1, 5, 's6bb8b7e15fe3d8d35d597e16', 'student', 1795910373119039, 1795910373119039, NULL, NULL);
INSERT INTO public.presences VALUES (6, 1, 6, 's5253d862b0079c7928eea0d6', 'student', 1795910373119039, 1795910373119039, NULL, NULL);
INSERT INTO public.presences VALUES (7, 1, 7, 's6bb61e4465c4fc0346916b29', 'student', 1795910373119039, 1795910373119039, 1795910373119039, 'kicked');
INSERT INTO public.presences VALUES (8, 1, 8, 'sa8af557a4068e805d1ece5ab', 'student', 1795910373119039, 1795910373119039, 1795910373119039, 'removed');
INSERT INTO public.presences VALUES (12, 3, 7, 's6bb61e4465c4fc0346916b29', 'student', 1795910373119039, 1795910373119039, 1795910373119039, 'kicked');
INSERT INTO public.presences VALUES (13, 3, 8, 'sa8af557a4068e805d1ece5ab', 'student', 1795910373119039, 1795910373119039, 1795910373119039, 'removed');
INSERT INTO public.presences VALUES (2, 3, 2, 's63b20b9ac6247103ee681e05', 'host', 1795910373119039, 1795910373119039, 1795910373119039, 'class_ended');
INSERT INTO public.presences VALUES (9, 3, 4, 's8e321f5fc29e626416e9c63d', 'assistant', 1795910373119039, 1795910373119039, 1795910373119039, 'class_ended');
INSERT INTO public.presences VALUES (10, 3, 5, 's6bb8b7e15fe3d8d35d597e16', 'student', 1795910373119039, 1795910373119039, 1795910373119039, 'class_ended');
INSERT INTO public.presences VALUES (11, 3, 6, 's5253d862b0079c7928eea0d6', 'student', 1795910373119039, 1795910373119039, 1795910373119039, 'class_ended');


--
-- Data for Name: recordings; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: replays; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.replays VALUES (3, 1795910673119039, 1795910673119039, 0, NULL, NULL, 0, NULL);


--
-- Data for Name: sessions; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.sessions VALUES ('s67eb485c44dbe4c5d7f9360d', 1, '2fda5b88b43ec4b59e4a0f71b349d7838fa422b8148f57fdf34c1ab6b399c664', 1795910373119039, 1795910373119039, 1796515173119039, NULL, 'api');
INSERT INTO public.sessions VALUES ('s63b20b9ac6247103ee681e05', 2, '6ef9cc0782ffb90b785b683d4c00130ac0c8abccc8a0f1d966542f9fe01884f1', 1795910373119039, 1795910373119039, 1796515173119039, NULL, 'api');
INSERT INTO public.sessions VALUES ('s388351e9d75a98b21c09ded2', 3, 'f57bd82875504ceffac9ae11a4230601352ef80d2065152985d218d1e50bed33', 1795910373119039, 1795910373119039, 1796515173119039, NULL, 'api');
INSERT INTO public.sessions VALUES ('s8e321f5fc29e626416e9c63d', 4, 'afc44b52c9a9f7efc0da5b7c31dbc457347425d85b26450658b31f6711c39ecc', 1795910373119039, 1795910373119039, 1796515173119039, NULL, 'api');
INSERT INTO public.sessions VALUES ('s6bb8b7e15fe3d8d35d597e16', 5, '8dbc111a5e5e6be8f6c4aa5b78a9cdf9d67837b35cd2e3dcb60e9cc06bd47bee', 1795910373119039, 1795910373119039, 1796515173119039, NULL, 'api');
INSERT INTO public.sessions VALUES ('s5253d862b0079c7928eea0d6', 6, '3eb486a82f9323cfecd94f334ac4ac057c6f098832dcf70595565968c588c4d5', 1795910373119039, 1795910373119039, 1796515173119039, NULL, 'api');
INSERT INTO public.sessions VALUES ('s6bb61e4465c4fc0346916b29', 7, 'ce6325f5ae9960e2f1aaf3f87b719ece86c50734fe98f0a7b307391ea9a39075', 1795910373119039, 1795910373119039, 1796515173119039, NULL, 'api');
INSERT INTO public.sessions VALUES ('sa8af557a4068e805d1ece5ab', 8, 'f983360dc843beb85c130d6d51d5357d66d7828361e3c4b09e7a9df91d022f6e', 1795910373119039, 1795910373119039, 1796515173119039, NULL, 'api');
INSERT INTO public.sessions VALUES ('sc07e9073b0c765458a821efc', 9, 'abd7f3c9fa8fb52e85eaac688ff82e1c6c1f31a878296d39b9f08e69de46afe4', 1795910373119039, 1795910373119039, 1796515173119039, NULL, 'api');


--
-- Data for Name: uploads; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.uploads VALUES ('u7dee56b0cefe237acf39d698', 1, 4, 'l0ad1d96c152f1e61cc8f4e0d', '函数.pdf', 5, 'application/pdf', 'classes/1/u7dee56b0cefe237acf39d698/HanShu.pdf', 'open', 1795910373119039, NULL, NULL, NULL);
INSERT INTO public.uploads VALUES ('u449e1b904af1856a44b97988', 3, 2, 'lb0924125e332a1df5a506314', '函数.pdf', 5, 'application/pdf', 'classes/3/u449e1b904af1856a44b97988/HanShu.pdf', 'open', 1795910373119039, NULL, NULL, NULL);
INSERT INTO public.uploads VALUES ('uc6ee739aceb5751247c22e01', 3, 4, 'l9d9e162356b4aa372992a446', '函数.pdf', 5, 'application/pdf', 'classes/3/uc6ee739aceb5751247c22e01/HanShu.pdf', 'open', 1795910373119039, NULL, NULL, NULL);
INSERT INTO public.uploads VALUES ('ufbcc7a7234b61e73451c3356', 1, 2, 'le663db48a46358e7aed3e504', '函数.pdf', 5, 'application/pdf', 'classes/1/ufbcc7a7234b61e73451c3356/HanShu.pdf', 'complete', 1795910373119039, 1795910373119039, NULL, NULL);


--
-- Name: accounts_account_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.accounts_account_id_seq', 9, true);


--
-- Name: bindings_binding_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.bindings_binding_id_seq', 1, false);


--
-- Name: classrooms_classroom_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.classrooms_classroom_id_seq', 4, true);


--
-- Name: outbox_message_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.outbox_message_id_seq', 4, true);


--
-- Name: presences_presence_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.presences_presence_id_seq', 13, true);


--
-- Name: recordings_recording_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.recordings_recording_id_seq', 1, false);


--
-- Name: alembic_version alembic_version_pkc; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.alembic_version
    ADD CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num);


--
-- Name: accounts pk_accounts; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.accounts
    ADD CONSTRAINT pk_accounts PRIMARY KEY (account_id);


--
-- Name: audit_chains pk_audit_chains; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.audit_chains
    ADD CONSTRAINT pk_audit_chains PRIMARY KEY (chain);


--
-- Name: audit_rows pk_audit_rows; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.audit_rows
    ADD CONSTRAINT pk_audit_rows PRIMARY KEY (chain, seq);


--
-- Name: bindings pk_bindings; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.bindings
    ADD CONSTRAINT pk_bindings PRIMARY KEY (binding_id);


--
-- Name: classrooms pk_classrooms; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.classrooms
    ADD CONSTRAINT pk_classrooms PRIMARY KEY (classroom_id);


--
-- Name: held_identifiers pk_held_identifiers; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.held_identifiers
    ADD CONSTRAINT pk_held_identifiers PRIMARY KEY (identifier_digest);


--
-- Name: host_heartbeats pk_host_heartbeats; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.host_heartbeats
    ADD CONSTRAINT pk_host_heartbeats PRIMARY KEY (classroom_id);


--
-- Name: invitations pk_invitations; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.invitations
    ADD CONSTRAINT pk_invitations PRIMARY KEY (invitation_id);


--
-- Name: known_addresses pk_known_addresses; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.known_addresses
    ADD CONSTRAINT pk_known_addresses PRIMARY KEY (address_digest);


--
-- Name: leases pk_leases; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.leases
    ADD CONSTRAINT pk_leases PRIMARY KEY (lease_id);


--
-- Name: memberships pk_memberships; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.memberships
    ADD CONSTRAINT pk_memberships PRIMARY KEY (classroom_id, account_id);


--
-- Name: outbox pk_outbox; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.outbox
    ADD CONSTRAINT pk_outbox PRIMARY KEY (message_id);


--
-- Name: presences pk_presences; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.presences
    ADD CONSTRAINT pk_presences PRIMARY KEY (presence_id);


--
-- Name: recordings pk_recordings; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.recordings
    ADD CONSTRAINT pk_recordings PRIMARY KEY (recording_id);


--
-- Name: replays pk_replays; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.replays
    ADD CONSTRAINT pk_replays PRIMARY KEY (classroom_id);


--
-- Name: sessions pk_sessions; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT pk_sessions PRIMARY KEY (session_id);


--
-- Name: uploads pk_uploads; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.uploads
    ADD CONSTRAINT pk_uploads PRIMARY KEY (upload_id);


--
-- Name: accounts uq_accounts_identifier_folded; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.accounts
    ADD CONSTRAINT uq_accounts_identifier_folded UNIQUE (identifier_folded);


--
-- Name: invitations uq_invitations_token_digest; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.invitations
    ADD CONSTRAINT uq_invitations_token_digest UNIQUE (token_digest);


--
-- Name: recordings uq_recordings_classroom_id_video_id; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.recordings
    ADD CONSTRAINT uq_recordings_classroom_id_video_id UNIQUE (classroom_id, video_id);


--
-- Name: sessions uq_sessions_token_digest; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT uq_sessions_token_digest UNIQUE (token_digest);


--
-- Name: uploads uq_uploads_object_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.uploads
    ADD CONSTRAINT uq_uploads_object_key UNIQUE (object_key);


--
-- Name: ix_audit_rows_account_id_at; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_audit_rows_account_id_at ON public.audit_rows USING btree (account_id, at);


--
-- Name: ix_audit_rows_at; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_audit_rows_at ON public.audit_rows USING btree (at);


--
-- Name: ix_audit_rows_classroom_id_at; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_audit_rows_classroom_id_at ON public.audit_rows USING btree (classroom_id, at);


--
-- Name: ix_bindings_account_id; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_bindings_account_id ON public.bindings USING btree (account_id);


--
-- Name: ix_bindings_of_class; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX ix_bindings_of_class ON public.bindings USING btree (classroom_id, account_id, url) WHERE (classroom_id IS NOT NULL);


--
-- Name: ix_bindings_personal; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX ix_bindings_personal ON public.bindings USING btree (account_id, url) WHERE (classroom_id IS NULL);


--
-- Name: ix_classrooms_host_id; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_classrooms_host_id ON public.classrooms USING btree (host_id);


--
-- Name: ix_classrooms_recent_at_classroom_id; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_classrooms_recent_at_classroom_id ON public.classrooms USING btree (recent_at, classroom_id);


--
-- Name: ix_classrooms_state_open; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_classrooms_state_open ON public.classrooms USING btree (state, open);


--
-- Name: ix_classrooms_state_recent_at_classroom_id; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_classrooms_state_recent_at_classroom_id ON public.classrooms USING btree (state, recent_at, classroom_id);


--
-- Name: ix_host_heartbeats_last_seen_at; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_host_heartbeats_last_seen_at ON public.host_heartbeats USING btree (last_seen_at);


--
-- Name: ix_invitations_made_by; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_invitations_made_by ON public.invitations USING btree (made_by);


--
-- Name: ix_known_addresses_account_id_last_seen_at; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_known_addresses_account_id_last_seen_at ON public.known_addresses USING btree (account_id, last_seen_at);


--
-- Name: ix_known_addresses_last_seen_at; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_known_addresses_last_seen_at ON public.known_addresses USING btree (last_seen_at);


--
-- Name: ix_leases_account_id_classroom_id; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_leases_account_id_classroom_id ON public.leases USING btree (account_id, classroom_id);


--
-- Name: ix_leases_classroom_id; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_leases_classroom_id ON public.leases USING btree (classroom_id);


--
-- Name: ix_leases_over; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_leases_over ON public.leases USING btree (COALESCE(ended_at, renewable_until, expires_at, issued_at));


--
-- Name: ix_leases_pending; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_leases_pending ON public.leases USING btree (issued_at) WHERE ((state)::text = 'pending'::text);


--
-- Name: ix_leases_session_id; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_leases_session_id ON public.leases USING btree (session_id);


--
-- Name: ix_leases_upload_id; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_leases_upload_id ON public.leases USING btree (upload_id);


--
-- Name: ix_memberships_account_id; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_memberships_account_id ON public.memberships USING btree (account_id);


--
-- Name: ix_outbox_classroom_id; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_outbox_classroom_id ON public.outbox USING btree (classroom_id);


--
-- Name: ix_presences_account_id; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_presences_account_id ON public.presences USING btree (account_id);


--
-- Name: ix_presences_classroom_id_account_id; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_presences_classroom_id_account_id ON public.presences USING btree (classroom_id, account_id);


--
-- Name: ix_presences_here; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX ix_presences_here ON public.presences USING btree (classroom_id, account_id) WHERE (left_at IS NULL);


--
-- Name: ix_presences_seen; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_presences_seen ON public.presences USING btree (last_seen_at) WHERE (left_at IS NULL);


--
-- Name: ix_replays_due_at; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_replays_due_at ON public.replays USING btree (due_at);


--
-- Name: ix_sessions_account_id; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_sessions_account_id ON public.sessions USING btree (account_id);


--
-- Name: ix_sessions_open; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_sessions_open ON public.sessions USING btree (account_id, created_at, session_id) WHERE (ended_at IS NULL);


--
-- Name: ix_sessions_over; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_sessions_over ON public.sessions USING btree (COALESCE(ended_at, expires_at));


--
-- Name: ix_uploads_classroom_id_state_completed_at; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_uploads_classroom_id_state_completed_at ON public.uploads USING btree (classroom_id, state, completed_at);


--
-- Name: ix_uploads_state_cleaned_up_at_clean_up_after; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_uploads_state_cleaned_up_at_clean_up_after ON public.uploads USING btree (state, cleaned_up_at, clean_up_after);


--
-- Name: bindings fk_bindings_account_id; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.bindings
    ADD CONSTRAINT fk_bindings_account_id FOREIGN KEY (account_id) REFERENCES public.accounts(account_id);


--
-- Name: bindings fk_bindings_classroom_id; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.bindings
    ADD CONSTRAINT fk_bindings_classroom_id FOREIGN KEY (classroom_id) REFERENCES public.classrooms(classroom_id);


--
-- Name: classrooms fk_classrooms_host_id; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.classrooms
    ADD CONSTRAINT fk_classrooms_host_id FOREIGN KEY (host_id) REFERENCES public.accounts(account_id);


--
-- Name: host_heartbeats fk_host_heartbeats_classroom_id; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.host_heartbeats
    ADD CONSTRAINT fk_host_heartbeats_classroom_id FOREIGN KEY (classroom_id) REFERENCES public.classrooms(classroom_id);


--
-- Name: invitations fk_invitations_made_by; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.invitations
    ADD CONSTRAINT fk_invitations_made_by FOREIGN KEY (made_by) REFERENCES public.accounts(account_id);


--
-- Name: known_addresses fk_known_addresses_account_id; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.known_addresses
    ADD CONSTRAINT fk_known_addresses_account_id FOREIGN KEY (account_id) REFERENCES public.accounts(account_id);


--
-- Name: memberships fk_memberships_account_id; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.memberships
    ADD CONSTRAINT fk_memberships_account_id FOREIGN KEY (account_id) REFERENCES public.accounts(account_id);


--
-- Name: memberships fk_memberships_classroom_id; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.memberships
    ADD CONSTRAINT fk_memberships_classroom_id FOREIGN KEY (classroom_id) REFERENCES public.classrooms(classroom_id);


--
-- Name: presences fk_presences_account_id; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.presences
    ADD CONSTRAINT fk_presences_account_id FOREIGN KEY (account_id) REFERENCES public.accounts(account_id);


--
-- Name: presences fk_presences_classroom_id; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.presences
    ADD CONSTRAINT fk_presences_classroom_id FOREIGN KEY (classroom_id) REFERENCES public.classrooms(classroom_id);


--
-- Name: recordings fk_recordings_account_id; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.recordings
    ADD CONSTRAINT fk_recordings_account_id FOREIGN KEY (account_id) REFERENCES public.accounts(account_id);


--
-- Name: recordings fk_recordings_classroom_id; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.recordings
    ADD CONSTRAINT fk_recordings_classroom_id FOREIGN KEY (classroom_id) REFERENCES public.classrooms(classroom_id);


--
-- Name: replays fk_replays_classroom_id; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.replays
    ADD CONSTRAINT fk_replays_classroom_id FOREIGN KEY (classroom_id) REFERENCES public.classrooms(classroom_id);


--
-- Name: sessions fk_sessions_account_id; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT fk_sessions_account_id FOREIGN KEY (account_id) REFERENCES public.accounts(account_id);


--
-- Name: uploads fk_uploads_account_id; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.uploads
    ADD CONSTRAINT fk_uploads_account_id FOREIGN KEY (account_id) REFERENCES public.accounts(account_id);


--
-- Name: uploads fk_uploads_classroom_id; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.uploads
    ADD CONSTRAINT fk_uploads_classroom_id FOREIGN KEY (classroom_id) REFERENCES public.classrooms(classroom_id);


--
-- PostgreSQL database dump complete
--



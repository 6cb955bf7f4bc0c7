BEGIN TRANSACTION;
CREATE TABLE accounts (
	account_id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	identifier VARCHAR(32) NOT NULL, 
	identifier_folded VARCHAR(32) NOT NULL, 
	display_name VARCHAR(100) NOT NULL, 
	role VARCHAR(10) NOT NULL, 
	password_hash VARCHAR(200) NOT NULL, 
	disabled BOOLEAN NOT NULL, 
	created_at BIGINT NOT NULL, 
	signatures_after BIGINT NOT NULL, 
	deleted_at BIGINT, 
	has_personal_folder BOOLEAN NOT NULL, 
	CONSTRAINT uq_accounts_identifier_folded UNIQUE (identifier_folded)
);
INSERT INTO "accounts" VALUES(1,'root','root','root','admin','$argon2id$v=19$m=1024,t=1,p=1$A4nFfeNJp2geA27BCCVAiw$DTqYBaHNz2BLTbX1E7l4DDvknmwm4MhIb1MpnG/ETk0',0,1795910373119039,0,NULL,0);
INSERT INTO "accounts" VALUES(2,'tom','tom','tom','teacher','$argon2id$v=19$m=1024,t=1,p=1$WEBgVkLD5Nxxos+p5rAamQ$iXHRNfSc4s8zatknu1pXWNIvsAu2Up/mpr6E6xbe15g',0,1795910373119039,0,NULL,0);
INSERT INTO "accounts" VALUES(3,'tina','tina','tina','teacher','$argon2id$v=19$m=1024,t=1,p=1$BcNxCj9hv6yoUamx8TpT3g$qszGYpAkGXsNARcNxddDJNgql+hDaAoSvzt55ig6tRg',0,1795910373119039,0,NULL,0);
INSERT INTO "accounts" VALUES(4,'anna','anna','anna','student','$argon2id$v=19$m=1024,t=1,p=1$w3jRTATGt1iyP5v5xLevTQ$l4G8sm34qmMa2g0BBbfjL8AiaVdH0AHAPU3uTommpdA',0,1795910373119039,0,NULL,0);
INSERT INTO "accounts" VALUES(5,'amy','amy','amy','student','$argon2id$v=19$m=1024,t=1,p=1$jVEoh7QsmLutSmz78zh1bQ$OQF9SgrBZnqzm8x0ACewhlHWSRoD73KyRlQD6VoI/Uw',0,1795910373119039,0,NULL,0);
INSERT INTO "accounts" VALUES(6,'stan','stan','stan','student','$argon2id$v=19$m=1024,t=1,p=1$cA5sDj0kkwj84yqvX4MeNA$6/jGQG3LljmzrBorFGaZtdZGTfg7+3O4F46t+eZ9XX8',0,1795910373119039,0,NULL,0);
INSERT INTO "accounts" VALUES(7,'kim','kim','kim','student','$argon2id$v=19$m=1024,t=1,p=1$+04PZGQRS3kvXIgk3JJPJw$c/ijosq+Ti3gE86/fVqyhS2paZavMr/wi9RnEnn1WDk',0,1795910373119039,1795910373119039,NULL,0);
INSERT INTO "accounts" VALUES(8,'rob','rob','rob','student','$argon2id$v=19$m=1024,t=1,p=1$0C+ehZGkWCH/AdSjBUyu1A$Eh+KRKvzLYtJphm1T/HMMhWuNvkkxADoAN2vru/BzQM',0,1795910373119039,1795910373119039,NULL,0);
INSERT INTO "accounts" VALUES(9,'sam','sam','sam','student','$argon2id$v=19$m=1024,t=1,p=1$4Uijs3eNv1mAaVAgwbf4Nw$cNfzERTpne/umwxQmtn698MbjpiN2PHXtBMZFo6hjQo',0,1795910373119039,0,NULL,0);
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0001');
CREATE TABLE audit_chains (
	chain VARCHAR(32) NOT NULL, 
	seq INTEGER NOT NULL, 
	mac VARCHAR(64) NOT NULL, 
	checkpointed_seq INTEGER NOT NULL, 
	CONSTRAINT pk_audit_chains PRIMARY KEY (chain)
);
INSERT INTO "audit_chains" VALUES('7c439a8f1dda819b00',67,'be95291ef392098dfe44cb299f644a80d5bec1c8d7fe67592de1c680b323cf97',66);
CREATE TABLE audit_rows (
	chain VARCHAR(32) NOT NULL, 
	seq INTEGER NOT NULL, 
	previous VARCHAR(64) NOT NULL, 
	mac VARCHAR(64) NOT NULL, 
	at BIGINT NOT NULL, 
	event VARCHAR(64) NOT NULL, 
	account_id BIGINT, 
	actor_id BIGINT, 
	classroom_id BIGINT, 
	lease_id VARCHAR(40), 
	rule VARCHAR(200), 
	fingerprints TEXT NOT NULL, 
	request_id VARCHAR(40) NOT NULL, 
	details TEXT NOT NULL, 
	CONSTRAINT pk_audit_rows PRIMARY KEY (chain, seq)
);
INSERT INTO "audit_rows" VALUES('7c439a8f1dda819b00',1,'7d8c7ede8ad4fb8b7775b3bb2d6e36196de64509da825e14d7d9d287a89051e6','70bed09d6bf1462ad81384443d26bd9a2fc5ac22cac6c461349f9db3ff83868c',1795910373119039,'account_created',1,NULL,NULL,NULL,'the command line','','','{"role": "admin"}');
INSERT INTO "audit_rows" VALUES('7c439a8f1dda819b00',2,'70bed09d6bf1462ad81384443d26bd9a2fc5ac22cac6c461349f9db3ff83868c','16b50dc4e0afc4289b73a7c9b47b941f50b0291126c91deb0d3e1d407be28c9c',1795910373119039,'session_opened',1,1,NULL,NULL,'the password is right','a7211c23e3cc3d430f110c9cdc8ae5d2','ra4a9426f2d490025a35da69c','{"channel": "api", "session_id": "s52d5390a6a7478e505bb8dd1"}');
INSERT INTO "audit_rows" VALUES('7c439a8f1dda819b00',3,'16b50dc4e0afc4289b73a7c9b47b941f50b0291126c91deb0d3e1d407be28c9c','0d57c897f137b45d463ade96e798ee3b67c9f9dd2806b43f03d8c4d1b5f254ea',1795910373119039,'user_sig_issued',1,1,NULL,'l213f92d47457ad4bcba319ba','a UserSig for one''s own account','3c719c56e91797c532f78c2c37c3ad47','ra4a9426f2d490025a35da69c','{"expires_at": 1795996773}');
INSERT INTO "audit_rows" VALUES('7c439a8f1dda819b00',4,'0d57c897f137b45d463ade96e798ee3b67c9f9dd2806b43f03d8c4d1b5f254ea','6f1ea5adb06a75c5d5428fcdaa57fb687568d6e1ae5f99cbadefe0e828683440',1795910373119039,'account_created',2,NULL,NULL,NULL,'the command line','','ra4a9426f2d490025a35da69c','{"role": "teacher"}');
INSERT INTO "audit_rows" VALUES('7c439a8f1dda819b00',5,'6f1ea5adb06a75c5d5428fcdaa57fb687568d6e1ae5f99cbadefe0e828683440','c43be9a1551bfd40962cb8506de23069f24aab5174bc9049e57a164e520ef93e',1795910373119039,'session_opened',2,2,NULL,NULL,'the password is right','b1f1e2141fd0729542bd5597945a4db0','r89a56e8e5beceaff9d74e0f6','{"channel": "api", "session_id": "s5a61e7d699f7b0995915609b"}');
INSERT INTO "audit_rows" VALUES('7c439a8f1dda819b00',6,'c43be9a1551bfd40962cb8506de23069f24aab5174bc9049e57a164e520ef93e','61b234a110f20e27e1dbfd265673716fd035fbde3016bc94be52040b231d23e7',1795910373119039,'user_sig_issued',2,2,NULL,'l56bc997ba57da9dc734ed808','a UserSig for one''s own account','771f565cda5abf08a714b8bb258bd2ab','r89a56e8e5beceaff9d74e0f6','{"expires_at": 1795996773}');
INSERT INTO "audit_rows" VALUES('7c439a8f1dda819b00',7,'61b234a110f20e27e1dbfd265673716fd035fbde3016bc94be52040b231d23e7','cf12c7b9119b223b7e51455fed1f0aca986b1a6e7fe826371799249efcf96976',1795910373119039,'account_created',3,NULL,NULL,NULL,'the command line','','r89a56e8e5beceaff9d74e0f6','{"role": "teacher"}');
INSERT INTO "audit_rows" VALUES('7c439a8f1dda819b00',8,'cf12c7b9119b223b7e51455fed1f0aca986b1a6e7fe826371799249efcf96976','8d791ea9c9735ac3157ad4a854b8c26b69fa3cf5879406c15b62065077ee31fa',1795910373119039,'session_opened',3,3,NULL,NULL,'the password is right','0f143d83315ae5cdfd4ab76a9ad31c3e','rd830b1780ab1b328ddd76b1b','{"channel": "api", "session_id": "s940939c89f3e91feaf5bb891"}');
INSERT INTO "audit_rows" VALUES('7c439a8f1dda819b00',9,'8d791ea9c9735ac3157ad4a854b8c26b69fa3cf5879406c15b62065077ee31fa','56c6bbc7b96c807322e74f88747a78f476a96b6f0f692e13b14c554da0fc277b',1795910373119039,'user_sig_issued',3,3,NULL,'lfc81f8251b59efca80526387','a UserSig for one''s own account','a866f51b256a0f982084df3e13bf15be','rd830b1780ab1b328ddd76b1b','{"expires_at": 1795996773}');
INSERT INTO "audit_rows" VALUES('7c439a8f1dda819b00',10,'56c6bbc7b96c807322e74f88747a78f476a96b6f0f692e13b14c554da0fc277b','ecc07f5430ae916a3d7e0b9ebca5d0f4f372cbfb4d4fed50b886af6d1dba524b',1795910373119039,'account_created',4,NULL,NULL,NULL,'the command line','','rd830b1780ab1b328ddd76b1b','{"role": "student"}');
INSERT INTO "audit_rows" VALUES('7c439a8f1dda819b00',11,'ecc07f5430ae916a3d7e0b9ebca5d0f4f372cbfb4d4fed50b886af6d1dba524b','c93f75f37682b7575ef6656be446a2a9dc2410f0bf27025ec63483a2b64ea8ad',1795910373119039,'session_opened',4,4,NULL,NULL,'the password is right','2c3082d8a8d5a1a37183a22b9121356a','rbf4a174ee78c4641dcc14652','{"channel": "api", "session_id": "s5169b3a437095d510d01d220"}');
INSERT INTO "audit_rows" VALUES('7c439a8f1dda819b00',12,'c93f75f37682b7575ef6656be446a2a9dc2410f0bf27025ec63483a2b64ea8ad','a0d5eda1e98d720e9465707d7ebbce9c84f16f89bbc1f19f6ca9e6d275957904',1795910373119039,'user_sig_issued',4,4,NULL,'lf52749cb10745168e5560403','a UserSig for one''s own account','d0a5812f0bc5724d8b68f18a98fb617b','rbf4a174ee78c4641dcc14652','{"expires_at": 1795996773}');
INSERT INTO "audit_rows" VALUES('7c439a8f1dda819b00',13,'a0d5eda1e98d720e9465707d7ebbce9c84f16f89bbc1f19f6ca9e6d275957904','8f824c6a6fde416e5fa6ac08a98b419f059260ff2ca6cbe6172ee30631a7f67a',1795910373119039,'account_created',5,NULL,NULL,NULL,'the command line','','rbf4a174ee78c4641dcc14652','{"role": "student"}');
INSERT INTO "audit_rows" VALUES('7c439a8f1dda819b00',14,'8f824c6a6fde416e5fa6ac08a98b419f059260ff2ca6cbe6172ee30631a7f67a','f8763f0a89a3517a2081f76b44e45a0a07d5bfad1a747e86e2dccf75b73eced2',1795910373119039,'session_opened',5,5,NULL,NULL,'the password is right','a09204a37aead49c19c8bedc7984d351','r7555facce816b21f801540e4','{"channel": "api", "session_id": "s644980a65d632c4be2ffd8f4"}');
INSERT INTO "audit_rows" VALUES('7c439a8f1dda819b00',15,'f8763f0a89a3517a2081f76b44e45a0a07d5bfad1a747e86e2dccf75b73eced2','94738a820ac251ee16dd2490e9338425612abc0e7751d100446c7bbc164823cd',1795910373119039,'user_sig_issued',5,5,NULL,'l180661d708c6193a4f9dacb9','a UserSig for one''s own account','35c1b64d1c0cc28c2275826f179da59a','r7555facce816b21f801540e4','{"expires_at": 1795996773}');
INSERT INTO "audit_rows" VALUES('7c439a8f1dda819b00',16,'94738a820ac251ee16dd2490e9338425612abc0e7751d100446c7bbc164823cd','b388d1c6de37d3ef61c760aff01df1c374632ba88f63c5373026c7f4501f99b5',1795910373119039,'account_created',6,NULL,NULL,NULL,'the command line','','r7555facce816b21f801540e4','{"role": "student"}');
INSERT INTO "audit_rows" VALUES('7c439a8f1dda819b00',17,'b388d1c6de37d3ef61c760aff01df1c374632ba88f63c5373026c7f4501f99b5','13c5d3b1334705c667b24c5ae46ba156ea25c4c9d0ae47f2dbe7d3c4db75d4ee',1795910373119039,'session_opened',6,6,NULL,NULL,'the password is right','6da5794b47e3b628af8d85e868a03a2d','rf164e4e35600b2bf1bfea8dc','{"channel": "api", "session_id": "s7475e5e5dd2f7060a9029e09"}');
INSERT INTO "audit_rows" VALUES('7c439a8f1dda819b00',18,'13c5d3b1334705c667b24c5ae46ba156ea25c4c9d0ae47f2dbe7d3c4db75d4ee','5755859b1f06d128780c5a0782422a19eccb2c816b3ada768b8993c69e748e2f',1795910373119039,'user_sig_issued',6,6,NULL,'la39ca603ad25ebccfb7ee247','a UserSig for one''s own account','5c2a35a66f4b2fd790a16819aa39d752','rf164e4e35600b2bf1bfea8dc','{"expires_at": 1795996773}');
INSERT INTO "audit_rows" VALUES('7c439a8f1dda819b00',19,'5755859b1f06d128780c5a0782422a19eccb2c816b3ada768b8993c69e748e2f','7bb978c03c0b9eb3297b88cbeac5954a0be67ac52ea34e0cd68232601cf7d022',1795910373119039,'account_created',7,NULL,NULL,NULL,'the command line','','rf164e4e35600b2bf1bfea8dc','{"role": "student"}');
INSERT INTO "audit_rows" VALUES('7c439a8f1dda819b00',20,'7bb978c03c0b9eb3297b88cbeac5954a0be67ac52ea34e0cd68232601cf7d022','168de97d100f78df85a42a883534d2796e8dadd9d20c0c63a78e5f6b4fb40bc1',1795910373119039,'session_opened',7,7,NULL,NULL,'the password is right','26589884d9db0c6cd9cf72b476301dc9','r5b6b7dde5e38e5e158ad8b53','{"channel": "api", "session_id": "seea6257bcbde7142336d69f1"}');
INSERT INTO "audit_rows" VALUES('7c439a8f1dda819b00',21,'168de97d100f78df85a42a883534d2796e8dadd9d20c0c63a78e5f6b4fb40bc1','b9313a074ba98764b3400db488ed3b7f0a11a3f64129b298e8cf289820fb2f23',1795910373119039,'user_sig_issued',7,7,NULL,'l2132d719f6337c5ced071d97','a UserSig for one''s own account','19c67d8e99c88d9cb2379518c5dd4ab2','r5b6b7dde5e38e5e158ad8b53','{"expires_at": 1795996773}');
INSERT INTO "audit_rows" VALUES('7c439a8f1dda819b00',22,'b9313a074ba98764b3400db488ed3b7f0a11a3f64129b298e8cf289820fb2f23','de9779634ce6dcdab3519caf6f3e97958770ef5872e051940a6c4569bd7d44a2',1795910373119039,'account_created',8,NULL,NULL,NULL,'the command line','','r5b6b7dde5e38e5e158ad8b53','{"role": "student"}');
INSERT INTO "audit_rows" VALUES('7c439a8f1dda819b00',23,'de9779634ce6dcdab3519caf6f3e97958770ef5872e051940a6c4569bd7d44a2','535550e90f2a0ad69936ae25cfe28234a501690426387a385f8a433f2906fb10',1795910373119039,'session_opened',8,8,NULL,NULL,'the password is right','7a77d9efe1082fd5e5dbb413e79c769e','r70b2fa5439a8899b024c3cae','{"channel": "api", "session_id": "s636172901aaaba7c86444508"}');
INSERT INTO "audit_rows" VALUES('7c439a8f1dda819b00',24,'535550e90f2a0ad69936ae25cfe28234a501690426387a385f8a433f2906fb10','886dd1e36308ccadc27972ec3ed1735cc4b0b79bb5b73c0b284d8593105ab305',1795910373119039,'user_sig_issued',8,8,NULL,'l7ed233db8c9201a86e7a4ecc','a UserSig for one''s own account','300f32366d4bf391632c1705bd56ea83','r70b2fa5439a8899b024c3cae','{"expires_at": 1795996773}');
INSERT INTO "audit_rows" VALUES('7c439a8f1dda819b00',25,'886dd1e36308ccadc27972ec3ed1735cc4b0b79bb5b73c0b284d8593105ab305','213e456a4a1374ba21803003ad165efe6bcbb5ee4a46b8e0b50eabc6ccf5e0cb',1795910373119039,'account_created',9,NULL,NULL,NULL,'the command line','','r70b2fa5439a8899b024c3cae','{"role": "student"}');
INSERT INTO "audit_rows" VALUES('7c439a8f1dda819b00',26,'213e456a4a1374ba21803003ad165efe6bcbb5ee4a46b8e0b50eabc6ccf5e0cb','47b40c600a761dc6ca9b18794d1e5d25987d8e5da5ec58c8d726f9bacc2afab9',1795910373119039,'session_opened',9,9,NULL,NULL,'the password is right','5abbfebd7395ccfa46ce165a35ec561c','r92152c75cb3f48b561f3166e','{"channel": "api", "session_id": "sf6999d01eb7612ffbcb04416"}');
INSERT INTO "audit_rows" VALUES('7c439a8f1dda819b00',27,'47b40c600a761dc6ca9b18794d1e5d25987d8e5da5ec58c8d726f9bacc2afab9','a0b28a6cc2c9ff01ea96e7dc96b3d119ff27672cdf04f56bafe4542a1943d7ff',1795910373119039,'user_sig_issued',9,9,NULL,'l71d8a5f882c8bbda433ca42a','a UserSig for one''s own account','b4e47d99e03c5a6fda6c37cca99e48b6','r92152c75cb3f48b561f3166e','{"expires_at": 1795996773}');
INSERT INTO "audit_rows" VALUES('7c439a8f1dda819b00',28,'a0b28a6cc2c9ff01ea96e7dc96b3d119ff27672cdf04f56bafe4542a1943d7ff','19fc7106479851acbdbaef84abfca5333ccfa515fca0e0900360cc7d029a4f91',1795910373119039,'classroom_created',NULL,2,1,NULL,NULL,'','r21e299e04a2d44f1094b3e9e','{"roster": "4:assistant 5:student 6:student 7:student 8:student"}');
INSERT INTO "audit_rows" VALUES('7c439a8f1dda819b00',29,'19fc7106479851acbdbaef84abfca5333ccfa515fca0e0900360cc7d029a4f91','73885a1ca64f9b1bf5f9824d429b3c78f4172c36a471a6cc93dab14c822f7589',1795910373119039,'classroom_started',NULL,2,1,NULL,NULL,'','rb199dc06f5a6d493cfc26ef6','{}');
INSERT INTO "audit_rows" VALUES('7c439a8f1dda819b00',30,'73885a1ca64f9b1bf5f9824d429b3c78f4172c36a471a6cc93dab14c822f7589','c4b56f6e23bc8f831fb2c849460872784b7fd7955850fc3ee915e3f9dc8fa177',1795910373119039,'classroom_created',NULL,2,2,NULL,NULL,'','r3ba930c8c2bd5316f1707135','{"roster": "4:assistant 5:student 6:student 7:student 8:student"}');
INSERT INTO "audit_rows" VALUES('7c439a8f1dda819b00',31,'c4b56f6e23bc8f831fb2c849460872784b7fd7955850fc3ee915e3f9dc8fa177','4b0377641abb2a6fdbf1399d69551ffb25a7ad0cc0a3c4f564ada3e3a37545ae',1795910373119039,'classroom_created',NULL,2,3,NULL,NULL,'','rbaf885877e0594a14b86d3f6','{"roster": "4:assistant 5:student 6:student 7:student 8:student"}');
INSERT INTO "audit_rows" VALUES('7c439a8f1dda819b00',32,'4b0377641abb2a6fdbf1399d69551ffb25a7ad0cc0a3c4f564ada3e3a37545ae','ed861fc411e6582bddb51f9742f0a2da652cf15007eab7ab8095383747050d8c',1795910373119039,'classroom_started',NULL,2,3,NULL,NULL,'','rb38ffa08376900d3261db4bb','{}');
INSERT INTO "audit_rows" VALUES('7c439a8f1dda819b00',33,'ed861fc411e6582bddb51f9742f0a2da652cf15007eab7ab8095383747050d8c','f2130c5951244124a95eee52c8b800386499465c8818c7ddbfa39d7a8b588072',1795910373119039,'classroom_created',NULL,2,4,NULL,NULL,'','r035dae9d4df7195151578827','{"roster": "4:assistant 5:student 6:student 7:student 8:student"}');
INSERT INTO "audit_rows" VALUES('7c439a8f1dda819b00',34,'f2130c5951244124a95eee52c8b800386499465c8818c7ddbfa39d7a8b588072','3e17f5f7d9a83133a2b3484dc875dd2f3b7a77e73a727a354ae62241bb493863',1795910373119039,'classroom_started',NULL,2,4,NULL,NULL,'','r50841c00507ad42a4ba3708c','{}');
INSERT INTO "audit_rows" VALUES('7c439a8f1dda819b00',35,'3e17f5f7d9a83133a2b3484dc875dd2f3b7a77e73a727a354ae62241bb493863','562dcbd8422557bb211fd082aa48c37caa6a5819a68f03d2da5342b2c06d4460',1795910373119039,'entry_issued',2,2,1,'l8bad2c046852413cb08a1f84','host of the class, inside its window','771f565cda5abf08a714b8bb258bd2ab fa5da13477a7ccbcb1be51ad9eb5e97d','r50294f1e71bb18eb5f8ebd34','{"expires_at": 1795996773, "privileges": 255, "role": "host"}');
INSERT INTO "audit_rows" VALUES('7c439a8f1dda819b00',36,'562dcbd8422557bb211fd082aa48c37caa6a5819a68f03d2da5342b2c06d4460','5e7188a7201798020ad46a7249d57ed32929969424a844baee292ea744c2ca85',1795910373119039,'entry_issued',4,4,1,'ld28b76f338c60e078816bf00','assistant of the class, inside its window','d0a5812f0bc5724d8b68f18a98fb617b 9e644f11435dceb7a232d8de009bd278','r4294171e5dc409c4fc331cef','{"expires_at": 1795996773, "privileges": 254, "role": "assistant"}');
INSERT INTO "audit_rows" VALUES('7c439a8f1dda819b00',37,'5e7188a7201798020ad46a7249d57ed32929969424a844baee292ea744c2ca85','2ed4cf8cc3214e7ac2821065f8825a62205ce47f2d8431c005aaced12fbb4ae0',1795910373119039,'entry_issued',5,5,1,'lf63d7abaedcecf4d64a4021d','student of the class, inside its window','35c1b64d1c0cc28c2275826f179da59a 904ef3331b2bf0f327988c6af65df254','r06f809e6871f4585ae91b045','{"expires_at": 1795996773, "privileges": 170, "role": "student"}');
INSERT INTO "audit_rows" VALUES('7c439a8f1dda819b00',38,'2ed4cf8cc3214e7ac2821065f8825a62205ce47f2d8431c005aaced12fbb4ae0','7ae9f2b5574c49a82e36a9f19ab1b5601cffee1d6315c5fe730abb4fc076e143',1795910373119039,'entry_issued',6,6,1,'l207b82e12d55c690dd6a50e8','student on stage of the class, inside its window','5c2a35a66f4b2fd790a16819aa39d752 3d743a24794ee135ab75edb8b1b57239','r9d0464c46811c012dd8fc751','{"expires_at": 1795996773, "privileges": 190, "role": "student"}');
INSERT INTO "audit_rows" VALUES('7c439a8f1dda819b00',39,'7ae9f2b5574c49a82e36a9f19ab1b5601cffee1d6315c5fe730abb4fc076e143','738ba9e58ef0d42f7449dfc9c306ecf68c37c6658784eeb40b466dea1683e129',1795910373119039,'entry_issued',7,7,1,'l8696b9ff0eee9bf335275d87','student of the class, inside its window','19c67d8e99c88d9cb2379518c5dd4ab2 0ebb6059abb638790ef7782115feb0c7','r2e3fad5cd902359e2eb268c1','{"expires_at": 1795996773, "privileges": 170, "role": "student"}');
INSERT INTO "audit_rows" VALUES('7c439a8f1dda819b00',40,'738ba9e58ef0d42f7449dfc9c306ecf68c37c6658784eeb40b466dea1683e129','c9d868408e88405fedc2f861716aa194f31857b4f5ba82fd80f9f9743b15c1ef',1795910373119039,'entry_issued',8,8,1,'l655cea4bf1e74faae3d2b941','student of the class, inside its window','300f32366d4bf391632c1705bd56ea83 bee519231e54ac386e54d7a734bfff5c','r6666b7a69a5845b8d1ad1274','{"expires_at": 1795996773, "privileges": 170, "role": "student"}');
INSERT INTO "audit_rows" VALUES('7c439a8f1dda819b00',41,'c9d868408e88405fedc2f861716aa194f31857b4f5ba82fd80f9f9743b15c1ef','de172fe312e42d17818d8469a8eb4349cee7ebcd2f984c96c710c8b86d769e6b',1795910373119039,'upload_credentials_requested',2,2,1,'ld7309f44c449dcab893bcbc6','host of the class, which is not over','','rf511607d3542bd74e6d5155e','{"expires_at": 1795912173, "resource": "classes/1/ub4fe7f4eca29072eee25ae7a/HanShu.pdf"}');
INSERT INTO "audit_rows" VALUES('7c439a8f1dda819b00',42,'de172fe312e42d17818d8469a8eb4349cee7ebcd2f984c96c710c8b86d769e6b','e928bc25a2de2a63c226f53fcfcb8a896886cff19e75e31efe817de7eccdd28f',1795910373119039,'upload_credentials_issued',2,2,1,'ld7309f44c449dcab893bcbc6','host of the class, which is not over','88ed231de528450fb5c42ce79e89848c a4c1e09b9cae13c3ba7a4f366e5cd964','rf511607d3542bd74e6d5155e','{"expires_at": 1795912173, "resource": "classes/1/ub4fe7f4eca29072eee25ae7a/HanShu.pdf"}');
INSERT INTO "audit_rows" VALUES('7c439a8f1dda819b00',43,'e928bc25a2de2a63c226f53fcfcb8a896886cff19e75e31efe817de7eccdd28f','9aa32c85465d3183a11c8009f70b224a7f9b090648c3b8348696935620ddd69f',1795910373119039,'upload_credentials_requested',4,4,1,'lc1bdce626ee6fc567e6cc4d8','assistant of the class, which is not over','','r840d337f3bb60e7e4267949a','{"expires_at": 1795912173, "resource": "classes/1/u188f562fb3f89bd8beb89510/HanShu.pdf"}');
INSERT INTO "audit_rows" VALUES('7c439a8f1dda819b00',44,'9aa32c85465d3183a11c8009f70b224a7f9b090648c3b8348696935620ddd69f','43afd4973d0dabfeb3a9119aa401f8d3ba3dc2559b70fb2d227656e2bf06c40e',1795910373119039,'upload_credentials_issued',4,4,1,'lc1bdce626ee6fc567e6cc4d8','assistant of the class, which is not over','9a30af4043dc1d7eb50cf7c317ae03f2 1c1f053c8f11c63bdf36f3c2d48f3795','r840d337f3bb60e7e4267949a','{"expires_at": 1795912173, "resource": "classes/1/u188f562fb3f89bd8beb89510/HanShu.pdf"}');
INSERT INTO "audit_rows" VALUES('7c439a8f1dda819b00',45,'43afd4973d0dabfeb3a9119aa401f8d3ba3dc2559b70fb2d227656e2bf06c40e','65d75153e9e443d3ca1524d8d38672b5940572086430d8917e7d500c60cb69c1',1795910373119039,'entry_issued',2,2,3,'l08168256502810b3de61453c','host of the class, inside its window','771f565cda5abf08a714b8bb258bd2ab 16109b73643422dea6281c85aec6fb3c','r2bcec0b5f5d647ebb99e0b6f','{"expires_at": 1795996773, "privileges": 255, "role": "host"}');
INSERT INTO "audit_rows" VALUES('7c439a8f1dda819b00',46,'65d75153e9e443d3ca1524d8d38672b5940572086430d8917e7d500c60cb69c1','5dad88584cc315cdadb68d46857ecad2092c8382242f179e6c4fbe90c29489f7',1795910373119039,'entry_issued',4,4,3,'l212ffac0cc46ffbe12be451b','assistant of the class, inside its window','d0a5812f0bc5724d8b68f18a98fb617b a6d0458a2af3a3b51947604dcd86ae36','r13cba1ee04245c3724627d12','{"expires_at": 1795996773, "privileges": 254, "role": "assistant"}');
INSERT INTO "audit_rows" VALUES('7c439a8f1dda819b00',47,'5dad88584cc315cdadb68d46857ecad2092c8382242f179e6c4fbe90c29489f7','0dd46fe58f1eab7e13f5d4d519ec94249e108163c5c6443d542ac4010856c169',1795910373119039,'entry_issued',5,5,3,'l2bea6d27a830816534bcd8ab','student of the class, inside its window','35c1b64d1c0cc28c2275826f179da59a 1e5445f23dafc8d7644d3dbb80ae146f','r3d946046a1493e9ac28d07ac','{"expires_at": 1795996773, "privileges": 170, "role": "student"}');
INSERT INTO "audit_rows" VALUES('7c439a8f1dda819b00',48,'0dd46fe58f1eab7e13f5d4d519ec94249e108163c5c6443d542ac4010856c169','605b3aca361160e24c75183f06a5cc2b47a2af069126f73bc3a09a59ad858eee',1795910373119039,'entry_issued',6,6,3,'lc615cdcfc0f701d841be0bdc','student on stage of the class, inside its window','5c2a35a66f4b2fd790a16819aa39d752 8fca4319c61272bc42f3911bd4c5ce7f','rfe8dc48d9d4f15dc62f40015','{"expires_at": 1795996773, "privileges": 190, "role": "student"}');
INSERT INTO "audit_rows" VALUES('7c439a8f1dda819b00',49,'605b3aca361160e24c75183f06a5cc2b47a2af069126f73bc3a09a59ad858eee','f19ce8a97a433ca8c0a6803af3b327abe531b8999bba92a4ba3001cc84797514',1795910373119039,'entry_issued',7,7,3,'l079cfe86e3a0355cdb06c846','student of the class, inside its window','19c67d8e99c88d9cb2379518c5dd4ab2 d32162802cefd3c33c1f915a342357e5','r11e2b12dff43851cd0dc99d3','{"expires_at": 1795996773, "privileges": 170, "role": "student"}');
INSERT INTO "audit_rows" VALUES('7c439a8f1dda819b00',50,'f19ce8a97a433ca8c0a6803af3b327abe531b8999bba92a4ba3001cc84797514','a1967f3fed81b26e864dfeb2cc7fccf7a4c9806a7831649ad556e0f745d411d3',1795910373119039,'entry_issued',8,8,3,'l7c895d5d20d83e8e8bb4c55c','student of the class, inside its window','300f32366d4bf391632c1705bd56ea83 2cc5860c4c577cceebdd111b93a15311','r5b20cff428375ee0a975257f','{"expires_at": 1795996773, "privileges": 170, "role": "student"}');
INSERT INTO "audit_rows" VALUES('7c439a8f1dda819b00',51,'a1967f3fed81b26e864dfeb2cc7fccf7a4c9806a7831649ad556e0f745d411d3','dc993daf10fbebdb4064f92c10930607ccefebc2d6882cbdfc92a37b3aa60f7b',1795910373119039,'upload_credentials_requested',2,2,3,'lf5ca8c8c15b2e2d8e74868d2','host of the class, which is not over','','r771044aa9608bf8791b408de','{"expires_at": 1795912173, "resource": "classes/3/ued1ede6ac247b292d096da53/HanShu.pdf"}');
INSERT INTO "audit_rows" VALUES('7c439a8f1dda819b00',52,'dc993daf10fbebdb4064f92c10930607ccefebc2d6882cbdfc92a37b3aa60f7b','bac0445317bdce18a84be512e791fc18175db148688094134055057211ed536d',1795910373119039,'upload_credentials_issued',2,2,3,'lf5ca8c8c15b2e2d8e74868d2','host of the class, which is not over','33217a32268e9223a78adc46535fb32f 1abcd38dc32b1e1910be05f98071b93d','r771044aa9608bf8791b408de','{"expires_at": 1795912173, "resource": "classes/3/ued1ede6ac247b292d096da53/HanShu.pdf"}');
INSERT INTO "audit_rows" VALUES('7c439a8f1dda819b00',53,'bac0445317bdce18a84be512e791fc18175db148688094134055057211ed536d','cd3c7f50f544cd3ef3921568e2f5d7d1855c06d6edc70b172e20084263dcaf6d',1795910373119039,'upload_credentials_requested',4,4,3,'l523f3ae4c4388fcf934b278e','assistant of the class, which is not over','','r917cefebbd9c4da0f97259a1','{"expires_at": 1795912173, "resource": "classes/3/ue4531d4e7d2fdd6866cca701/HanShu.pdf"}');
INSERT INTO "audit_rows" VALUES('7c439a8f1dda819b00',54,'cd3c7f50f544cd3ef3921568e2f5d7d1855c06d6edc70b172e20084263dcaf6d','37e4e6814212e3d770d567161fc3af08227cc0125b54e0e57e530aa56a2e70b5',1795910373119039,'upload_credentials_issued',4,4,3,'l523f3ae4c4388fcf934b278e','assistant of the class, which is not over','d00cf075c87038d0244982e333f3e522 19bfd7ee724725842961c8292340acdd','r917cefebbd9c4da0f97259a1','{"expires_at": 1795912173, "resource": "classes/3/ue4531d4e7d2fdd6866cca701/HanShu.pdf"}');
INSERT INTO "audit_rows" VALUES('7c439a8f1dda819b00',55,'37e4e6814212e3d770d567161fc3af08227cc0125b54e0e57e530aa56a2e70b5','d65a4f6e853ae6886cf225eddcdb8ba071a94812d9693830f68b33b7a2da0edd',1795910373119039,'member_kicked',7,2,1,NULL,NULL,'','rc84c7e0c2c7ee3183e1b3af6','{"leases_ended": 1}');
INSERT INTO "audit_rows" VALUES('7c439a8f1dda819b00',56,'d65a4f6e853ae6886cf225eddcdb8ba071a94812d9693830f68b33b7a2da0edd','37ccfce8edb9dac866b13232a2c533106f389103cdf93eca9d70255ac176d62a',1795910373119039,'member_removed',8,2,1,NULL,NULL,'','rdb312a45339646593d6698d3','{"leases_ended": 1}');
INSERT INTO "audit_rows" VALUES('7c439a8f1dda819b00',57,'37ccfce8edb9dac866b13232a2c533106f389103cdf93eca9d70255ac176d62a','0f00a2b24fbdab6d23a0c3bf484321e70ee09c22c3c9a894a5ffe618996cfa5c',1795910373119039,'member_kicked',7,2,2,NULL,NULL,'','r0adff5ab06ff4c3a027bd0a3','{"leases_ended": 0}');
INSERT INTO "audit_rows" VALUES('7c439a8f1dda819b00',58,'0f00a2b24fbdab6d23a0c3bf484321e70ee09c22c3c9a894a5ffe618996cfa5c','54f0e2ca00d2ab591a9e9745d10072768228f59b95866428e0ee55dad98fdebd',1795910373119039,'member_removed',8,2,2,NULL,NULL,'','r0a0fd3c804ac4f9b5991b3c6','{"leases_ended": 0}');
INSERT INTO "audit_rows" VALUES('7c439a8f1dda819b00',59,'54f0e2ca00d2ab591a9e9745d10072768228f59b95866428e0ee55dad98fdebd','d7a610badd911cc39928fff4f421f6fbea4f44ec998e36080c50b5cea14b10bc',1795910373119039,'member_kicked',7,2,3,NULL,NULL,'','rf8ea3b65cd4b267b9bd46185','{"leases_ended": 1}');
INSERT INTO "audit_rows" VALUES('7c439a8f1dda819b00',60,'d7a610badd911cc39928fff4f421f6fbea4f44ec998e36080c50b5cea14b10bc','fbfa37a42118f4759da3027700a18cec3e393b23692196c2a25a11a00eaab8f2',1795910373119039,'member_removed',8,2,3,NULL,NULL,'','r3ecf1f27694d0439f7c2aae6','{"leases_ended": 1}');
INSERT INTO "audit_rows" VALUES('7c439a8f1dda819b00',61,'fbfa37a42118f4759da3027700a18cec3e393b23692196c2a25a11a00eaab8f2','dcd7cfb7dd6b593b50b9df7d3cc2c5d880c14a9f4601b44d0f480eb880180c27',1795910373119039,'member_kicked',7,2,4,NULL,NULL,'','re5efa8ad82e2be83e08fcfe4','{"leases_ended": 0}');
INSERT INTO "audit_rows" VALUES('7c439a8f1dda819b00',62,'dcd7cfb7dd6b593b50b9df7d3cc2c5d880c14a9f4601b44d0f480eb880180c27','a372a9d5e948c4f5fd73d41b58acce254368b87a481b31773a5ef45c28be1703',1795910373119039,'member_removed',8,2,4,NULL,NULL,'','r5758203a8c2727e409fd5502','{"leases_ended": 0}');
INSERT INTO "audit_rows" VALUES('7c439a8f1dda819b00',63,'a372a9d5e948c4f5fd73d41b58acce254368b87a481b31773a5ef45c28be1703','b60ccc378a0481dc84e24c43c0345cb81a3354179805e832e49d2ee74c423bf0',1795910373119039,'classroom_ended',NULL,2,3,NULL,NULL,'','rba8455f99cda66024d67861e','{"leases_ended": 6, "members_left": 4}');
INSERT INTO "audit_rows" VALUES('7c439a8f1dda819b00',64,'b60ccc378a0481dc84e24c43c0345cb81a3354179805e832e49d2ee74c423bf0','f0ce314e0b8770d34d1716ba529c12875b72ce2280dfd518b9403a8006834db1',1795910373119039,'invitation_created',NULL,1,NULL,NULL,'an admin may invite','3569702fa0023e4d4884aa8e6b7916ab','r9fa2c58db845f6d7a4e4d16f','{"expires_at": 1795996773, "invitation_id": "icb0994cf1b8ff76508ef4f0e", "role": "student", "uses": 5}');
INSERT INTO "audit_rows" VALUES('7c439a8f1dda819b00',65,'f0ce314e0b8770d34d1716ba529c12875b72ce2280dfd518b9403a8006834db1','d4c7e21e07250b7d819b99be4f909a84ae488318551f47563675f7b883f5f047',1795910373119039,'upload_completed',2,2,1,'ld7309f44c449dcab893bcbc6',NULL,'','rbca792fae17ef0090e8cb5dd','{"object_key": "classes/1/ub4fe7f4eca29072eee25ae7a/HanShu.pdf", "size": 5}');
INSERT INTO "audit_rows" VALUES('7c439a8f1dda819b00',66,'d4c7e21e07250b7d819b99be4f909a84ae488318551f47563675f7b883f5f047','ad10d2c500792bbfa950a9e837e2ea9b0c15cb11e1f271e6f5c011ab22b4fa93',1795910373119039,'downloads_issued',2,2,1,'le4d19f54a9896a90e8bf7000','host of the class','f2cc7903352478001a069bcf001ba6ee','rbca792fae17ef0090e8cb5dd','{"expires_at": 1795913973, "resource": "ub4fe7f4eca29072eee25ae7a"}');
INSERT INTO "audit_rows" VALUES('7c439a8f1dda819b00',67,'ad10d2c500792bbfa950a9e837e2ea9b0c15cb11e1f271e6f5c011ab22b4fa93','be95291ef392098dfe44cb299f644a80d5bec1c8d7fe67592de1c680b323cf97',1795910373119039,'checkpoint',NULL,NULL,NULL,NULL,NULL,'','rbca792fae17ef0090e8cb5dd','{"7c439a8f1dda819b00": "66:ad10d2c500792bbfa950a9e837e2ea9b0c15cb11e1f271e6f5c011ab22b4fa93"}');
CREATE TABLE bindings (
	binding_id INTEGER NOT NULL, 
	classroom_id INTEGER, 
	account_id INTEGER NOT NULL, 
	file_type BIGINT NOT NULL, 
	file_name VARCHAR(256) NOT NULL, 
	url VARCHAR(500) NOT NULL, 
	bound_at BIGINT NOT NULL, 
	CONSTRAINT pk_bindings PRIMARY KEY (binding_id), 
	CONSTRAINT fk_bindings_account_id FOREIGN KEY(account_id) REFERENCES accounts (account_id), 
	CONSTRAINT fk_bindings_classroom_id FOREIGN KEY(classroom_id) REFERENCES classrooms (classroom_id)
);
CREATE TABLE classrooms (
	classroom_id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	title VARCHAR(128) NOT NULL, 
	cover_url VARCHAR(500), 
	state VARCHAR(10) NOT NULL, 
	host_id INTEGER NOT NULL, 
	open BOOLEAN NOT NULL, 
	starts_at BIGINT, 
	ends_at BIGINT, 
	started_at BIGINT, 
	ended_at BIGINT, 
	created_at BIGINT NOT NULL, 
	recent_at BIGINT NOT NULL, 
	CONSTRAINT fk_classrooms_host_id FOREIGN KEY(host_id) REFERENCES accounts (account_id)
);
INSERT INTO "classrooms" VALUES(1,'数学',NULL,'live',2,0,NULL,NULL,1795910373119039,NULL,1795910373119039,1795910373119039);
INSERT INTO "classrooms" VALUES(2,'数学',NULL,'created',2,0,NULL,NULL,NULL,NULL,1795910373119039,1795910373119039);
INSERT INTO "classrooms" VALUES(3,'数学',NULL,'ended',2,0,NULL,NULL,1795910373119039,1795910373119039,1795910373119039,1795910373119039);
INSERT INTO "classrooms" VALUES(4,'数学',NULL,'live',2,1,NULL,NULL,1795910373119039,NULL,1795910373119039,1795910373119039);
CREATE TABLE held_identifiers (
	identifier_digest VARCHAR(64) NOT NULL, 
	held_until BIGINT NOT NULL, 
	CONSTRAINT pk_held_identifiers PRIMARY KEY (identifier_digest)
);
CREATE TABLE host_heartbeats (
	classroom_id INTEGER NOT NULL, 
	last_seen_at BIGINT NOT NULL, 
	CONSTRAINT pk_host_heartbeats PRIMARY KEY (classroom_id), 
	CONSTRAINT fk_host_heartbeats_classroom_id FOREIGN KEY(classroom_id) REFERENCES classrooms (classroom_id)
);
INSERT INTO "host_heartbeats" VALUES(1,1795910373119039);
INSERT INTO "host_heartbeats" VALUES(4,1795910373119039);
CREATE TABLE invitations (
	invitation_id VARCHAR(40) NOT NULL, 
	token_digest VARCHAR(64) NOT NULL, 
	role VARCHAR(10) NOT NULL, 
	uses INTEGER NOT NULL, 
	used INTEGER NOT NULL, 
	made_by INTEGER, 
	created_at BIGINT NOT NULL, 
	expires_at BIGINT NOT NULL, 
	CONSTRAINT pk_invitations PRIMARY KEY (invitation_id), 
	CONSTRAINT fk_invitations_made_by FOREIGN KEY(made_by) REFERENCES accounts (account_id), 
	CONSTRAINT uq_invitations_token_digest UNIQUE (token_digest)
);
INSERT INTO "invitations" VALUES('icb0994cf1b8ff76508ef4f0e','cc665ef92cdff0aa6a3f74efacf0aa25fb9c5190d42de44fb9d8b9d66d3effb8','student',5,0,1,1795910373119039,1795996773000000);
CREATE TABLE known_addresses (
	address_digest VARCHAR(64) NOT NULL, 
	account_id INTEGER NOT NULL, 
	last_seen_at BIGINT NOT NULL, 
	CONSTRAINT pk_known_addresses PRIMARY KEY (address_digest), 
	CONSTRAINT fk_known_addresses_account_id FOREIGN KEY(account_id) REFERENCES accounts (account_id)
);
INSERT INTO "known_addresses" VALUES('a555a81f635d4ce0067d4c1b6b867d85527a1e513731fc90ce752464dace5940',1,1795910373119039);
INSERT INTO "known_addresses" VALUES('9f87a05bd4f81221bf5d958794655be48c872011b3e408ef59c61fd7d35d2d8e',2,1795910373119039);
INSERT INTO "known_addresses" VALUES('40b0dc352f43ac1efc22f7041f5c58336889fcbd4a8d16e5058aa08af42ee518',3,1795910373119039);
INSERT INTO "known_addresses" VALUES('3c22721e3ac0c822e36321d043dd712965a90043a256b8a20c6c389180f240d6',4,1795910373119039);
INSERT INTO "known_addresses" VALUES('085021be7e20b8fbd6f65c32c8eed90612383a91a52a77b66bd0451dec81b1c5',5,1795910373119039);
INSERT INTO "known_addresses" VALUES('2e415d299ad84415f47a114d23cc916c9bad2c7e05a825aa2204861820e09e02',6,1795910373119039);
INSERT INTO "known_addresses" VALUES('a988c7a196d9dda82b74981e369d7d52e299f4e9fcee1b36c818f6ad34c23b67',7,1795910373119039);
INSERT INTO "known_addresses" VALUES('88aacd351561acef507e08e046966d40ef8a08ce911ce9f29c3137713e81ed40',8,1795910373119039);
INSERT INTO "known_addresses" VALUES('5c128d97ec8d83f06fa2e9865b24c03b4f733e10e449bb86fdde292f1114bd9a',9,1795910373119039);
CREATE TABLE leases (
	lease_id VARCHAR(40) NOT NULL, 
	kind VARCHAR(20) NOT NULL, 
	state VARCHAR(10) NOT NULL, 
	account_id BIGINT NOT NULL, 
	session_id VARCHAR(40) NOT NULL, 
	classroom_id BIGINT, 
	upload_id VARCHAR(40), 
	issued_at BIGINT NOT NULL, 
	expires_at BIGINT, 
	renewable_until BIGINT, 
	ended_at BIGINT, 
	end_reason VARCHAR(40), 
	CONSTRAINT pk_leases PRIMARY KEY (lease_id)
);
INSERT INTO "leases" VALUES('l213f92d47457ad4bcba319ba','user_sig','active',1,'s52d5390a6a7478e505bb8dd1',NULL,NULL,1795910373000000,1795996773000000,1796515173119039,NULL,NULL);
INSERT INTO "leases" VALUES('l56bc997ba57da9dc734ed808','user_sig','active',2,'s5a61e7d699f7b0995915609b',NULL,NULL,1795910373000000,1795996773000000,1796515173119039,NULL,NULL);
INSERT INTO "leases" VALUES('lfc81f8251b59efca80526387','user_sig','active',3,'s940939c89f3e91feaf5bb891',NULL,NULL,1795910373000000,1795996773000000,1796515173119039,NULL,NULL);
INSERT INTO "leases" VALUES('lf52749cb10745168e5560403','user_sig','active',4,'s5169b3a437095d510d01d220',NULL,NULL,1795910373000000,1795996773000000,1796515173119039,NULL,NULL);
INSERT INTO "leases" VALUES('l180661d708c6193a4f9dacb9','user_sig','active',5,'s644980a65d632c4be2ffd8f4',NULL,NULL,1795910373000000,1795996773000000,1796515173119039,NULL,NULL);
INSERT INTO "leases" VALUES('la39ca603ad25ebccfb7ee247','user_sig','active',6,'s7475e5e5dd2f7060a9029e09',NULL,NULL,1795910373000000,1795996773000000,1796515173119039,NULL,NULL);
INSERT INTO "leases" VALUES('l2132d719f6337c5ced071d97','user_sig','active',7,'seea6257bcbde7142336d69f1',NULL,NULL,1795910373000000,1795996773000000,1796515173119039,NULL,NULL);
INSERT INTO "leases" VALUES('l7ed233db8c9201a86e7a4ecc','user_sig','active',8,'s636172901aaaba7c86444508',NULL,NULL,1795910373000000,1795996773000000,1796515173119039,NULL,NULL);
INSERT INTO "leases" VALUES('l71d8a5f882c8bbda433ca42a','user_sig','active',9,'sf6999d01eb7612ffbcb04416',NULL,NULL,1795910373000000,1795996773000000,1796515173119039,NULL,NULL);
INSERT INTO "leases" VALUES('l8bad2c046852413cb08a1f84','entry','active',2,'s5a61e7d699f7b0995915609b',1,NULL,1795910373000000,1795996773000000,1796515173119039,NULL,NULL);
INSERT INTO "leases" VALUES('ld28b76f338c60e078816bf00','entry','active',4,'s5169b3a437095d510d01d220',1,NULL,1795910373000000,1795996773000000,1796515173119039,NULL,NULL);
INSERT INTO "leases" VALUES('lf63d7abaedcecf4d64a4021d','entry','active',5,'s644980a65d632c4be2ffd8f4',1,NULL,1795910373000000,1795996773000000,1796515173119039,NULL,NULL);
INSERT INTO "leases" VALUES('l207b82e12d55c690dd6a50e8','entry','active',6,'s7475e5e5dd2f7060a9029e09',1,NULL,1795910373000000,1795996773000000,1796515173119039,NULL,NULL);
INSERT INTO "leases" VALUES('l8696b9ff0eee9bf335275d87','entry','ended',7,'seea6257bcbde7142336d69f1',1,NULL,1795910373000000,1795996773000000,1796515173119039,1795910373119039,'kicked');
INSERT INTO "leases" VALUES('l655cea4bf1e74faae3d2b941','entry','ended',8,'s636172901aaaba7c86444508',1,NULL,1795910373000000,1795996773000000,1796515173119039,1795910373119039,'removed');
INSERT INTO "leases" VALUES('ld7309f44c449dcab893bcbc6','upload','ended',2,'s5a61e7d699f7b0995915609b',1,'ub4fe7f4eca29072eee25ae7a',1795910373000000,1795912173000000,1796515173119039,1795910373119039,'complete');
INSERT INTO "leases" VALUES('lc1bdce626ee6fc567e6cc4d8','upload','active',4,'s5169b3a437095d510d01d220',1,'u188f562fb3f89bd8beb89510',1795910373000000,1795912173000000,1796515173119039,NULL,NULL);
INSERT INTO "leases" VALUES('l08168256502810b3de61453c','entry','ended',2,'s5a61e7d699f7b0995915609b',3,NULL,1795910373000000,1795996773000000,1796515173119039,1795910373119039,'class_ended');
INSERT INTO "leases" VALUES('l212ffac0cc46ffbe12be451b','entry','ended',4,'s5169b3a437095d510d01d220',3,NULL,1795910373000000,1795996773000000,1796515173119039,1795910373119039,'class_ended');
INSERT INTO "leases" VALUES('l2bea6d27a830816534bcd8ab','entry','ended',5,'s644980a65d632c4be2ffd8f4',3,NULL,1795910373000000,1795996773000000,1796515173119039,1795910373119039,'class_ended');
INSERT INTO "leases" VALUES('lc615cdcfc0f701d841be0bdc','entry','ended',6,'s7475e5e5dd2f7060a9029e09',3,NULL,1795910373000000,1795996773000000,1796515173119039,1795910373119039,'class_ended');
INSERT INTO "leases" VALUES('l079cfe86e3a0355cdb06c846','entry','ended',7,'seea6257bcbde7142336d69f1',3,NULL,1795910373000000,1795996773000000,1796515173119039,1795910373119039,'kicked');
INSERT INTO "leases" VALUES('l7c895d5d20d83e8e8bb4c55c','entry','ended',8,'s636172901aaaba7c86444508',3,NULL,1795910373000000,1795996773000000,1796515173119039,1795910373119039,'removed');
INSERT INTO "leases" VALUES('lf5ca8c8c15b2e2d8e74868d2','upload','ended',2,'s5a61e7d699f7b0995915609b',3,'ued1ede6ac247b292d096da53',1795910373000000,1795912173000000,1796515173119039,1795910373119039,'class_ended');
INSERT INTO "leases" VALUES('l523f3ae4c4388fcf934b278e','upload','ended',4,'s5169b3a437095d510d01d220',3,'ue4531d4e7d2fdd6866cca701',1795910373000000,1795912173000000,1796515173119039,1795910373119039,'class_ended');
INSERT INTO "leases" VALUES('le4d19f54a9896a90e8bf7000','download','active',2,'s5a61e7d699f7b0995915609b',1,NULL,1795910373000000,1795913973000000,NULL,NULL,NULL);
CREATE TABLE memberships (
	classroom_id INTEGER NOT NULL, 
	account_id INTEGER NOT NULL, 
	role VARCHAR(10) NOT NULL, 
	on_stage BOOLEAN NOT NULL, 
	kicked_at BIGINT, 
	added_at BIGINT NOT NULL, 
	CONSTRAINT pk_memberships PRIMARY KEY (classroom_id, account_id), 
	CONSTRAINT fk_memberships_account_id FOREIGN KEY(account_id) REFERENCES accounts (account_id), 
	CONSTRAINT fk_memberships_classroom_id FOREIGN KEY(classroom_id) REFERENCES classrooms (classroom_id)
);
INSERT INTO "memberships" VALUES(1,2,'host',0,NULL,1795910373119039);
INSERT INTO "memberships" VALUES(1,4,'assistant',0,NULL,1795910373119039);
INSERT INTO "memberships" VALUES(1,5,'student',0,NULL,1795910373119039);
INSERT INTO "memberships" VALUES(1,6,'student',1,NULL,1795910373119039);
INSERT INTO "memberships" VALUES(1,7,'student',0,1795910373119039,1795910373119039);
INSERT INTO "memberships" VALUES(2,2,'host',0,NULL,1795910373119039);
INSERT INTO "memberships" VALUES(2,4,'assistant',0,NULL,1795910373119039);
INSERT INTO "memberships" VALUES(2,5,'student',0,NULL,1795910373119039);
INSERT INTO "memberships" VALUES(2,6,'student',1,NULL,1795910373119039);
INSERT INTO "memberships" VALUES(2,7,'student',0,1795910373119039,1795910373119039);
INSERT INTO "memberships" VALUES(3,2,'host',0,NULL,1795910373119039);
INSERT INTO "memberships" VALUES(3,4,'assistant',0,NULL,1795910373119039);
INSERT INTO "memberships" VALUES(3,5,'student',0,NULL,1795910373119039);
INSERT INTO "memberships" VALUES(3,6,'student',1,NULL,1795910373119039);
INSERT INTO "memberships" VALUES(3,7,'student',0,1795910373119039,1795910373119039);
INSERT INTO "memberships" VALUES(4,2,'host',0,NULL,1795910373119039);
INSERT INTO "memberships" VALUES(4,4,'assistant',0,NULL,1795910373119039);
INSERT INTO "memberships" VALUES(4,5,'student',0,NULL,1795910373119039);
INSERT INTO "memberships" VALUES(4,6,'student',1,NULL,1795910373119039);
INSERT INTO "memberships" VALUES(4,7,'student',0,1795910373119039,1795910373119039);
CREATE TABLE outbox (
	message_id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	kind VARCHAR(20) NOT NULL, 
	classroom_id INTEGER NOT NULL, 
	account_id BIGINT, 
	payload TEXT NOT NULL, 
	created_at BIGINT NOT NULL
);
INSERT INTO "outbox" VALUES(1,'marker',1,2,'{"seq": 19688172, "timestamp": 614043391, "type": 1001, "value": {}}',1795910373119039);
INSERT INTO "outbox" VALUES(2,'marker',3,2,'{"seq": 47290610, "timestamp": 614043391, "type": 1001, "value": {}}',1795910373119039);
INSERT INTO "outbox" VALUES(3,'marker',4,2,'{"seq": 93238747, "timestamp": 614043391, "type": 1001, "value": {}}',1795910373119039);
INSERT INTO "outbox" VALUES(4,'marker',3,2,'{"seq": 78912246, "timestamp": 614043391, "type": 1002, "value": {}}',1795910373119039);
CREATE TABLE presences (
	presence_id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	classroom_id INTEGER NOT NULL, 
	account_id INTEGER NOT NULL, 
	session_id VARCHAR(40) NOT NULL, 
	role VARCHAR(10) NOT NULL, 
	entered_at BIGINT NOT NULL, 
	last_seen_at BIGINT NOT NULL, 
	left_at BIGINT, 
	leave_reason VARCHAR(20), 
	CONSTRAINT fk_presences_account_id FOREIGN KEY(account_id) REFERENCES accounts (account_id), 
	CONSTRAINT fk_presences_classroom_id FOREIGN KEY(classroom_id) REFERENCES classrooms (classroom_id)
);
INSERT INTO "presences" VALUES(1,1,2,'s5a61e7d699f7b0995915609b','host',1795910373119039,1795910373119039,NULL,NULL);
INSERT INTO "presences" VALUES(2,3,2,'s5a61e7d699f7b0995915609b','host',1795910373119039,1795910373119039,1795910373119039,'class_ended');
INSERT INTO "presences" VALUES(3,4,2,'s5a61e7d699f7b0995915609b','host',1795910373119039,1795910373119039,NULL,NULL);
INSERT INTO "presences" VALUES(4,1,4,'s5169b3a437095d510d01d220','assistant',1795910373119039,1795910373119039,NULL,NULL);
INSERT INTO "presences" VALUES(5,1,5,'s644980a65d632c4be2ffd8f4','student',1795910373119039,1795910373119039,NULL,NULL);
INSERT INTO "presences" VALUES(6,1,6,'s7475e5e5dd2f7060a9029e09','student',1795910373119039,1795910373119039,NULL,NULL);
INSERT INTO "presences" VALUES(7,1,7,'seea6257bcbde7142336d69f1','student',1795910373119039,1795910373119039,1795910373119039,'kicked');
INSERT INTO "presences" VALUES(8,1,8,'s636172901aaaba7c86444508','student',1795910373119039,1795910373119039,1795910373119039,'removed');
INSERT INTO "presences" VALUES(9,3,4,'s5169b3a437095d510d01d220','assistant',1795910373119039,1795910373119039,1795910373119039,'class_ended');
INSERT INTO "presences" VALUES(10,3,5,'s644980a65d632c4be2ffd8f4','student',1795910373119039,1795910373119039,1795910373119039,'class_ended');
INSERT INTO "presences" VALUES(11,3,6,'s7475e5e5dd2f7060a9029e09','student',1795910373119039,1795910373119039,1795910373119039,'class_ended');
INSERT INTO "presences" VALUES(12,3,7,'seea6257bcbde7142336d69f1','student',1795910373119039,1795910373119039,1795910373119039,'kicked');
INSERT INTO "presences" VALUES(13,3,8,'s636172901aaaba7c86444508','student',1795910373119039,1795910373119039,1795910373119039,'removed');
CREATE TABLE recordings (
	recording_id INTEGER NOT NULL, 
	classroom_id INTEGER NOT NULL, 
	account_id INTEGER NOT NULL, 
	video_id VARCHAR(100) NOT NULL, 
	video_url VARCHAR(500) NOT NULL, 
	start_time BIGINT NOT NULL, 
	end_time BIGINT NOT NULL, 
	media_start_time BIGINT NOT NULL, 
	file_size BIGINT NOT NULL, 
	duration BIGINT NOT NULL, 
	received_at BIGINT NOT NULL, 
	CONSTRAINT pk_recordings PRIMARY KEY (recording_id), 
	CONSTRAINT fk_recordings_account_id FOREIGN KEY(account_id) REFERENCES accounts (account_id), 
	CONSTRAINT fk_recordings_classroom_id FOREIGN KEY(classroom_id) REFERENCES classrooms (classroom_id), 
	CONSTRAINT uq_recordings_classroom_id_video_id UNIQUE (classroom_id, video_id)
);
CREATE TABLE replays (
	classroom_id INTEGER NOT NULL, 
	requestable_at BIGINT, 
	due_at BIGINT, 
	requests INTEGER NOT NULL, 
	requested_at BIGINT, 
	indexed_at BIGINT, 
	index_result INTEGER NOT NULL, 
	index_url VARCHAR(1000), 
	CONSTRAINT pk_replays PRIMARY KEY (classroom_id), 
	CONSTRAINT fk_replays_classroom_id FOREIGN KEY(classroom_id) REFERENCES classrooms (classroom_id)
);
INSERT INTO "replays" VALUES(3,1795910673119039,1795910673119039,0,NULL,NULL,0,NULL);
CREATE TABLE sessions (
	session_id VARCHAR(40) NOT NULL, 
	account_id INTEGER NOT NULL, 
	token_digest VARCHAR(64) NOT NULL, 
	created_at BIGINT NOT NULL, 
	last_used_at BIGINT NOT NULL, 
	expires_at BIGINT NOT NULL, 
	ended_at BIGINT, 
	channel VARCHAR(10) NOT NULL, 
	CONSTRAINT pk_sessions PRIMARY KEY (session_id), 
	CONSTRAINT fk_sessions_account_id FOREIGN KEY(account_id) REFERENCES accounts (account_id), 
	CONSTRAINT uq_sessions_token_digest UNIQUE (token_digest)
);
INSERT INTO "sessions" VALUES('s52d5390a6a7478e505bb8dd1',1,'cff71584a516ed19945f86c83e13ce6bb31be92c87a37bda561efb0ec25f71eb',1795910373119039,1795910373119039,1796515173119039,NULL,'api');
INSERT INTO "sessions" VALUES('s5a61e7d699f7b0995915609b',2,'ae8c26be521a4239883e9bb2422bf19c68b233a3993c2efa336b710368874710',1795910373119039,1795910373119039,1796515173119039,NULL,'api');
INSERT INTO "sessions" VALUES('s940939c89f3e91feaf5bb891',3,'9bd87ac7560d53d1e40e8986dd961762067beb0dc681f916432ae01faf102c7e',1795910373119039,1795910373119039,1796515173119039,NULL,'api');
INSERT INTO "sessions" VALUES('s5169b3a437095d510d01d220',4,'83f9bfe57644bd12bc5b22796836a58217b0d008d9bd1bd200e55a985012995f',1795910373119039,1795910373119039,1796515173119039,NULL,'api');
INSERT INTO "sessions" VALUES('s644980a65d632c4be2ffd8f4',5,'eb2ede31487cf738d9bdfcec1875b62769a79dfd75362c48eda89776d6c99124',1795910373119039,1795910373119039,1796515173119039,NULL,'api');
INSERT INTO "sessions" VALUES('s7475e5e5dd2f7060a9029e09',6,'d250bccd62aeb05207a88134d644d2baa7d3d60ceff3453b526dbe1c2f396273',1795910373119039,1795910373119039,1796515173119039,NULL,'api');
INSERT INTO "sessions" VALUES('seea6257bcbde7142336d69f1',7,'eb127eca2b1858f049b628d91b9cc82e2f106219c8848bb820255d5a26b6bc23',1795910373119039,1795910373119039,1796515173119039,NULL,'api');
INSERT INTO "sessions" VALUES('s636172901aaaba7c86444508',8,'089637734a3d9786a9b7f386cd976a2eef42faab713276f4de72c98f491694ac',1795910373119039,1795910373119039,1796515173119039,NULL,'api');
INSERT INTO "sessions" VALUES('sf6999d01eb7612ffbcb04416',9,'4ae777dbf1785de5280496d7c04d11077df087b75ec3d4ce29fcda7960567b84',1795910373119039,1795910373119039,1796515173119039,NULL,'api');
CREATE TABLE uploads (
	upload_id VARCHAR(40) NOT NULL, 
	classroom_id INTEGER NOT NULL, 
	account_id INTEGER NOT NULL, 
	lease_id VARCHAR(40) NOT NULL, 
	file_name VARCHAR(255) NOT NULL, 
	size BIGINT NOT NULL, 
	content_type VARCHAR(100) NOT NULL, 
	object_key VARCHAR(300) NOT NULL, 
	state VARCHAR(10) NOT NULL, 
	created_at BIGINT NOT NULL, 
	completed_at BIGINT, 
	clean_up_after BIGINT, 
	cleaned_up_at BIGINT, 
	CONSTRAINT pk_uploads PRIMARY KEY (upload_id), 
	CONSTRAINT fk_uploads_account_id FOREIGN KEY(account_id) REFERENCES accounts (account_id), 
	CONSTRAINT fk_uploads_classroom_id FOREIGN KEY(classroom_id) REFERENCES classrooms (classroom_id), 
	CONSTRAINT uq_uploads_object_key UNIQUE (object_key)
);
INSERT INTO "uploads" VALUES('ub4fe7f4eca29072eee25ae7a',1,2,'ld7309f44c449dcab893bcbc6','函数.pdf',5,'application/pdf','classes/1/ub4fe7f4eca29072eee25ae7a/HanShu.pdf','complete',1795910373119039,1795910373119039,NULL,NULL);
INSERT INTO "uploads" VALUES('u188f562fb3f89bd8beb89510',1,4,'lc1bdce626ee6fc567e6cc4d8','函数.pdf',5,'application/pdf','classes/1/u188f562fb3f89bd8beb89510/HanShu.pdf','open',1795910373119039,NULL,NULL,NULL);
INSERT INTO "uploads" VALUES('ued1ede6ac247b292d096da53',3,2,'lf5ca8c8c15b2e2d8e74868d2','函数.pdf',5,'application/pdf','classes/3/ued1ede6ac247b292d096da53/HanShu.pdf','open',1795910373119039,NULL,NULL,NULL);
INSERT INTO "uploads" VALUES('ue4531d4e7d2fdd6866cca701',3,4,'l523f3ae4c4388fcf934b278e','函数.pdf',5,'application/pdf','classes/3/ue4531d4e7d2fdd6866cca701/HanShu.pdf','open',1795910373119039,NULL,NULL,NULL);
CREATE INDEX ix_audit_rows_account_id_at ON audit_rows (account_id, at);
CREATE INDEX ix_audit_rows_at ON audit_rows (at);
CREATE INDEX ix_audit_rows_classroom_id_at ON audit_rows (classroom_id, at);
CREATE INDEX ix_leases_account_id_classroom_id ON leases (account_id, classroom_id);
CREATE INDEX ix_leases_classroom_id ON leases (classroom_id);
CREATE INDEX ix_leases_pending ON leases (issued_at) WHERE state = 'pending';
CREATE INDEX ix_leases_session_id ON leases (session_id);
CREATE INDEX ix_leases_upload_id ON leases (upload_id);
CREATE INDEX ix_outbox_classroom_id ON outbox (classroom_id);
CREATE INDEX ix_classrooms_host_id ON classrooms (host_id);
CREATE INDEX ix_classrooms_recent_at_classroom_id ON classrooms (recent_at, classroom_id);
CREATE INDEX ix_classrooms_state_open ON classrooms (state, open);
CREATE INDEX ix_classrooms_state_recent_at_classroom_id ON classrooms (state, recent_at, classroom_id);
CREATE INDEX ix_invitations_made_by ON invitations (made_by);
CREATE INDEX ix_known_addresses_account_id_last_seen_at ON known_addresses (account_id, last_seen_at);
CREATE INDEX ix_known_addresses_last_seen_at ON known_addresses (last_seen_at);
CREATE INDEX ix_sessions_account_id ON sessions (account_id);
CREATE INDEX ix_sessions_open ON sessions (account_id, created_at, session_id) WHERE ended_at IS NULL;
CREATE INDEX ix_bindings_account_id ON bindings (account_id);
CREATE UNIQUE INDEX ix_bindings_of_class ON bindings (classroom_id, account_id, url) WHERE classroom_id IS NOT NULL;
CREATE UNIQUE INDEX ix_bindings_personal ON bindings (account_id, url) WHERE classroom_id IS NULL;
CREATE INDEX ix_host_heartbeats_last_seen_at ON host_heartbeats (last_seen_at);
CREATE INDEX ix_memberships_account_id ON memberships (account_id);
CREATE INDEX ix_presences_account_id ON presences (account_id);
CREATE INDEX ix_presences_classroom_id_account_id ON presences (classroom_id, account_id);
CREATE UNIQUE INDEX ix_presences_here ON presences (classroom_id, account_id) WHERE left_at IS NULL;
CREATE INDEX ix_presences_seen ON presences (last_seen_at) WHERE left_at IS NULL;
CREATE INDEX ix_replays_due_at ON replays (due_at);
CREATE INDEX ix_uploads_classroom_id_state_completed_at ON uploads (classroom_id, state, completed_at);
CREATE INDEX ix_uploads_state_cleaned_up_at_clean_up_after ON uploads (state, cleaned_up_at, clean_up_after);
CREATE INDEX ix_leases_over ON leases (coalesce(ended_at, renewable_until, expires_at, issued_at));
CREATE INDEX ix_sessions_over ON sessions (coalesce(ended_at, expires_at));
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('accounts',9);
INSERT INTO "sqlite_sequence" VALUES('classrooms',4);
INSERT INTO "sqlite_sequence" VALUES('presences',13);
INSERT INTO "sqlite_sequence" VALUES('outbox',4);
COMMIT;

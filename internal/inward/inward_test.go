package inward

import "testing"

func TestLook(t *testing.T) {
	for v, want := range map[string]Kind{
		"https://cdn.vendor.example/fw.bin":               None,
		"no address at all":                               None,
		"urn:uuid:1":                                      None,
		"https://198.51.100.7/fw":                         None,
		"http://010.example.org/x":                        None,
		"http://10.3.2.1/x":                               Private,
		"ftp://user:pw@10.3.2.1:21/x":                     Private,
		"http://fileserver/x":                             Private,
		"http://vault.corp.internal./x":                   Private,
		"http://127.0.0.1/":                               Host,
		"http://LOCALHOST./":                              Host,
		"http://[::1]:8080/":                              Host,
		"http://[fe80::1%25eth0]/":                        Host,
		"http://0/":                                       Disguised,
		"http://2130706433/":                              Disguised,
		"http://0x7f000001/":                              Disguised,
		"http://0177.0.0.1/":                              Disguised,
		"http://00000177.0.0.1/":                          Disguised,
		"http://127.1/":                                   Disguised,
		"http://10-1-2-3.nip.io/":                         Disguised,
		"http://app.7f000001.nip.io/":                     Disguised,
		"http://x.rbndr.us/":                              Disguised,
		"http://169.254.169.254/latest/meta-data":         Metadata,
		"http://169.254.169.254./latest":                  Metadata,
		"http://2852039166/latest":                        Metadata,
		"http://0xa9fea9fe/latest":                        Metadata,
		"http://0251.0376.0251.0376/":                     Metadata,
		"http://[::ffff:169.254.169.254]/":                Metadata,
		"http://[::ffff:a9fe:a9fe]/":                      Metadata,
		"http://[64:ff9b::a9fe:a9fe]/":                    Metadata,
		"http://[2002:a9fe:a9fe::1]/":                     Metadata,
		"http://169.254.169.254.nip.io/":                  Metadata,
		"http://foo-169-254-169-254.sslip.io/":            Metadata,
		"http://good.example@169.254.169.254/":            Metadata,
		"http://good.example%2540x@169.254.169.254:80/":   Metadata,
		"http://169.254.169.254\\@good.example/":          Metadata,
		"http://%31%36%39.254.169.254/":                   Metadata,
		"http://①⑥⑨.②⑤④.①⑥⑨.②⑤④/":                         Metadata,
		"http://169。254。169。254/":                         Metadata,
		"http://metadata.google.internal/computeMetadata": Metadata,
		"file:///etc/passwd":                              Scheme,
		"GOPHER://127.0.0.1:6379/_":                       Scheme,
		"jar:http://x!/":                                  Scheme,
	} {
		if got, why := Look(v); got != want {
			t.Errorf("%s is %d (%s), want %d", v, got, why, want)
		}
	}
}

func FuzzLook(f *testing.F) {
	f.Add("http://user@[::1]:80%2f")
	f.Fuzz(func(t *testing.T, v string) {
		if k, why := Look(v); (k == None) != (why == "") {
			t.Errorf("%q is %d (%q)", v, k, why)
		}
	})
}
